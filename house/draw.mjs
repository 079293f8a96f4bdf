// Writes into docs/architecture.md the table of house/rooms.cjs, and a drawing of the rooms made from the imports of src/.
// usage: node house/draw.mjs [--check]   --check changes nothing, and fails where the page is not current
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOMS } from './rooms.cjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SRC = join(ROOT, 'src');
const PAGE = join(ROOT, 'docs/architecture.md');
const IMPORTED = /(?:\bfrom|\bimport\()\s*'(\.[^']*)'/g;

/** Every import from one room to another, as `[room, file in another]`. */
export function readImports(src = SRC) {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  return files.flatMap((file) =>
    [...readFileSync(join(src, file), 'utf8').matchAll(IMPORTED)]
      .map(([, to]) => [roomOf(file), relative(src, resolve(src, dirname(file), to)).replace(/\.ts$/, '')])
      .filter(([from, to]) => from !== roomOf(to) && from in ROOMS && roomOf(to) in ROOMS),
  );
}

function roomOf(file) {
  return file.split('/')[0];
}

/** @returns arrows of the table that no import takes, and imports that no arrow allows */
export function findFaults(imports, rooms = ROOMS) {
  const unused = Object.entries(rooms).flatMap(([room, may]) =>
    Object.keys(may)
      .filter((target) => !imports.some(([from, to]) => from === room && fits(target, to)))
      .map((target) => `${room} may import ${target}, and does not: take the arrow out of house/rooms.cjs`),
  );
  const forbidden = imports
    .filter(([from, to]) => !Object.keys(rooms[from]).some((target) => fits(target, to)))
    .map(([from, to]) => `${from} imports ${to}, and may not: see house/rooms.cjs`);
  return [...unused, ...new Set(forbidden)];
}

function fits(target, file) {
  return new RegExp(`^${target}(/|$)`).test(file);
}

/**
 * Arrows between rooms without those that lead where a longer way leads too: a picture of all would show none. A way that
 * goes through a part of a room alone leads no further.
 * @returns from, to and, where only a part of that room may be imported, which
 */
export function reduceArrows(imports, rooms = ROOMS) {
  const taken = Object.entries(rooms).flatMap(([from, may]) =>
    Object.keys(may)
      .filter((target) => imports.some(([room, file]) => room === from && fits(target, file)))
      .map((target) => [from, ...target.split(/\/(.*)/s, 2)]),
  );
  const whole = taken.filter(([, , part]) => part === undefined);
  const nextTo = (room) => whole.filter(([from]) => from === room).map(([, to]) => to);
  const reaches = (from, to) => nextTo(from).some((next) => next === to || reaches(next, to));
  return taken.filter(([from, to]) => !nextTo(from).some((other) => other !== to && reaches(other, to)));
}

/** As a label: brackets and bars mean something to a drawing. */
function formatPart(part) {
  return part.replaceAll(/[()]/g, '').replaceAll('|', ', ');
}

/** The generated part of the page. */
export function draw(imports = readImports()) {
  const lines = reduceArrows(imports).map(([from, to, part]) =>
    part === undefined ? `  ${from} --> ${to}` : `  ${from} -. "${formatPart(part)}" .-> ${to}`,
  );
  const rows = Object.entries(ROOMS).flatMap(([room, may]) =>
    Object.entries(may).map(
      ([target, why], index) =>
        `| ${index === 0 ? `\`${room}\`` : ''} | \`${target.replaceAll('|', '\\|')}\` | ${why} |`,
    ),
  );
  return [
    '```mermaid',
    'flowchart TD',
    ...lines,
    '```',
    '',
    'Dotted: only a part of that room. An arrow is left out if a longer way leads to the same room. All of them, each with',
    'its reason:',
    '',
    '| room | may import | why |',
    '|---|---|---|',
    ...rows,
  ].join('\n');
}

/** @returns rooms of which the page does not say what they are for, and rooms of which there are none */
export function findUntold(page, rooms = Object.keys(ROOMS)) {
  const told = [...page.matchAll(/^\| `([a-z]+)\/` \|/gm)].map(([, room]) => room);
  return [
    ...rooms
      .filter((room) => !told.includes(room))
      .map((room) => `docs/architecture.md does not say what ${room}/ is for`),
    ...told
      .filter((room) => !rooms.includes(room))
      .map((room) => `docs/architecture.md tells of ${room}/, which is no room`),
  ];
}

const BEGIN = '<!-- made by npm run house -->';
const END = '<!-- end -->';

/** The page with its generated part made anew. */
export function renew(page, drawing) {
  const [before, rest = ''] = page.split(BEGIN);
  const [, after = ''] = rest.split(END);
  return `${before}${BEGIN}\n${drawing}\n${END}${after}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const imports = readImports();
  const page = readFileSync(PAGE, 'utf8');
  const current = renew(page, draw(imports));
  const isCheck = process.argv.includes('--check');
  const faults = [...findFaults(imports), ...findUntold(page)];
  if (isCheck && page !== current)
    faults.push('docs/architecture.md does not show the house as it is: npm run house');
  if (!isCheck) writeFileSync(PAGE, current);
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  process.exitCode = faults.length > 0 ? 1 : 0;
}
