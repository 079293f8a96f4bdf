import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

/** Stands in for the compiler, which takes long: it writes the types' own file. */
const TSC = `#!/usr/bin/env node
const { mkdirSync, writeFileSync } = require('node:fs');
mkdirSync('dist/types/read', { recursive: true });
writeFileSync('dist/types/read/contract.d.ts', '');
`;
/** The same for the bundler: it writes what was built for the tests. */
const BUNDLE = `import { cpSync, existsSync } from 'node:fs';
import { join, sep } from 'node:path';
const root = ${JSON.stringify(ROOT)};
const source = (file) => file.replace(join(root, 'dist'), join(root, 'src')).replace(/\\.js$/, '.ts');
const isOfToday = (file) => /^(chunks|whole)$/.test(file.slice(join(root, 'dist').length + 1).split(sep)[0]) || existsSync(source(file));
cpSync(join(root, 'dist'), 'dist', { recursive: true, filter: isOfToday });
`;

let dir: string;
/** Paths of the files in the tarball. */
let files: string[];
let manifest: { man: string[]; files: string[]; exports: Record<string, { types: string; default: string }> };
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'rushhour-tarball-'));
  manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  for (const name of [
    'package.json',
    'README.md',
    'LICENSE',
    ...manifest.files.filter((path) => path !== 'dist'),
  ]) {
    cpSync(join(ROOT, name), join(dir, name), { recursive: true });
  }
  mkdirSync(join(dir, 'node_modules/.bin'), { recursive: true });
  for (const name of readdirSync(join(ROOT, 'node_modules')).filter((name) => !name.startsWith('.'))) {
    symlinkSync(join(ROOT, 'node_modules', name), join(dir, 'node_modules', name));
  }
  writeFileSync(join(dir, 'node_modules/.bin/tsc'), TSC, { mode: 0o755 });
  mkdirSync(join(dir, 'packaging'));
  writeFileSync(join(dir, 'packaging/bundle.mjs'), BUNDLE);
  // What was compiled of sources that are gone.
  mkdirSync(join(dir, 'dist/leg'), { recursive: true });
  for (const file of ['leg/index.js', 'old.js']) writeFileSync(join(dir, 'dist', file), '');
  execFileSync('npm', ['pack', '--silent'], { cwd: dir, stdio: ['ignore', 'pipe', 'inherit'] });
  const [tarball] = readdirSync(dir).filter((name) => name.endsWith('.tgz'));
  const listed = execFileSync('tar', ['-tzf', join(dir, tarball ?? '')], { encoding: 'utf8' });
  files = listed
    .trim()
    .split('\n')
    .map((path) => path.replace(/^package\//, ''));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

it('ships what is built of the sources of today, and nothing of yesterday', () => {
  const compiled = files.filter((path) => /^dist\/(?!chunks\/).*\.js$/.test(path));
  expect(compiled).toContain('dist/cli/main.js');
  const source = (path: string) => path.replace(/^dist\//, 'src/').replace(/\.js$/, '.ts');
  expect(compiled.filter((path) => !existsSync(join(ROOT, source(path))))).toEqual([]);
});

it('ships the manual page, made of the commands of today', () => {
  expect(files).toContain(manifest.man[0]?.replace(/^\.\//, ''));
  expect(readFileSync(join(dir, manifest.man[0] ?? ''), 'utf8')).toMatch(/^\.TH RUSHHOUR 1 /);
});

it('ships what package.json names, and what the program reads', () => {
  const { types, default: code } = manifest.exports['./results']!;
  for (const path of [types, code]) expect(files).toContain(path.replace(/^\.\//, ''));
  for (const path of [
    'bin/rushhour',
    'bin/package.json',
    'scenarios/steady.yaml',
    'assets/report/page.js',
    'LICENSE',
  ])
    expect(files).toContain(path);
});

it('ships no sources, which would make the launcher take it for a checkout', () => {
  expect(files.filter((path) => /^(src|test|bench|tsconfig)/.test(path))).toEqual([]);
});
