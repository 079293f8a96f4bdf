// The copyright file of a package: rushhour's own licence and that of every npm package in it, word for word, in Debian's
// machine-readable form (www.debian.org/doc/packaging-manuals/copyright-format/1.0). copyright.mjs <node_modules>, to stdout.
// A package without a licence ends it: it may not be given to others.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const [modules] = process.argv.slice(2);
const INSTALLED = 'usr/lib/rushhour/node_modules';

/** Debian's names for licences that npm calls otherwise. */
const NAMES = new Map([
  ['MIT', 'Expat'],
  ['BSD-2-Clause', 'BSD-2-clause'],
  ['BSD-3-Clause', 'BSD-3-clause'],
]);
/** Texts that every Debian has, so that none repeats them (policy 12.5). */
const COMMON = new Map([['Apache-2.0', '/usr/share/common-licenses/Apache-2.0']]);

/** Every npm package below a folder, packages of packages too: its folder, from there, and its package.json. */
function findPackages(modules) {
  return readdirSync(modules, { recursive: true, encoding: 'utf8' })
    .filter((path) => /(^|node_modules\/)(@[^/]+\/)?[^/@]+\/package\.json$/.test(path))
    .sort()
    .map((path) => ({
      path: dirname(path),
      manifest: JSON.parse(readFileSync(join(modules, path), 'utf8')),
    }));
}

function readLicence(folder) {
  const file = readdirSync(folder).find((name) => /^(licen[cs]e|copying)/i.test(name));
  return file === undefined ? undefined : readFileSync(join(folder, file), 'utf8').trim();
}

function nameLicence(declared, text) {
  // What package.json leaves to the file; of these only the best known is recognised.
  const spdx = /^SEE LICENSE/.test(declared) && /^(the )?mit license/i.test(text ?? '') ? 'MIT' : declared;
  return spdx
    .replace(/[()]/g, '')
    .replace(/ (AND|OR) /g, (word) => word.toLowerCase())
    .replace(/[\w.-]+/g, (word) => NAMES.get(word) ?? word);
}

/** Lines that say whose it is, of the licence or, where that names nobody, the author of package.json. */
function findHolders(text, manifest) {
  const lines = (text ?? '').split('\n').map((line) => line.trim());
  // Not the lines of a licence that speak of copyright.
  const told = lines.filter(
    (line) =>
      /^copyright (©|\(c\)|\d{4}|[A-Z])/i.test(line) &&
      !/\[yyyy\]|notice|owner|holder|licen[cs]e/i.test(line),
  );
  if (told.length > 0) return told;
  const { author } = manifest;
  return [`The authors of ${manifest.name}${author ? `, ${author.name ?? author}` : ''}`];
}

/** A field over several lines: an empty one is a dot. */
const indented = (lines) =>
  lines.map((line) => (line.trim() === '' ? ' .' : ` ${line.trimEnd()}`)).join('\n');

/** A binary of a package comes without the text, which stands in the package that it belongs to. */
function findText(one, all) {
  const owners = all.filter(({ manifest }) => one.manifest.name in { ...manifest.optionalDependencies });
  const texts = [one, ...owners.filter(({ manifest }) => manifest.license === one.manifest.license)];
  return texts.map(({ path }) => readLicence(join(modules, path))).find((text) => text !== undefined);
}

function writeStanza(one, all) {
  const { path, manifest } = one;
  const text = findText(one, all);
  const name = nameLicence(String(manifest.license ?? ''), text);
  const body = COMMON.has(name) ? `See ${COMMON.get(name)}.` : text;
  if (name === '' || body === undefined) throw new Error(`${path} comes without a licence`);
  const holders = findHolders(text, manifest);
  return [
    `Files: ${INSTALLED}/${path}/*`,
    `Copyright: ${holders[0]}`,
    ...holders.slice(1).map((line) => `           ${line}`),
    `License: ${name}`,
    indented(body.split('\n')),
  ].join('\n');
}

const packages = findPackages(modules);
const own = readFileSync(join(ROOT, 'LICENSE'), 'utf8').trim();
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const stanzas = [
  'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: rushhour',
  `Files: *\nCopyright: ${findHolders(own, manifest)[0]}\nLicense: Expat\n${indented(own.split('\n'))}`,
  ...packages.map((one) => writeStanza(one, packages)),
];
process.stdout.write(`${stanzas.join('\n\n')}\n`);
