import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const TSC = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'rushhour-contract-'));
  execFileSync(process.execPath, [TSC, '-p', 'tsconfig.types.json'], { cwd: ROOT });
  execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', dir], { cwd: ROOT });
  const installed = join(dir, 'node_modules/rushhour');
  mkdirSync(installed, { recursive: true });
  const tarball = join(dir, `rushhour-${readManifest(ROOT).version}.tgz`);
  execFileSync('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
  // As npm installs what it depends on; nothing of the checkout's own, no @types/node either.
  for (const name of Object.keys(readManifest(ROOT).dependencies)) {
    symlinkSync(join(ROOT, 'node_modules', name), join(dir, 'node_modules', name));
  }
  writeFileSync(join(dir, 'package.json'), '{"type":"module"}');
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const readManifest = (root: string) =>
  JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string;
    dependencies: Record<string, string>;
  };

/** What a strict compiler says of somebody's program, the declarations that it reads included. */
function compile(source: string, resolution: 'nodenext' | 'bundler'): string {
  writeFileSync(join(dir, 'consumer.ts'), source);
  const module = resolution === 'nodenext' ? 'nodenext' : 'esnext';
  const options = ['--moduleResolution', resolution, '--module', module, '--target', 'es2022'];
  const strict = ['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess'];
  const { stdout } = spawnSync(
    process.execPath,
    [TSC, '--noEmit', '--skipLibCheck', 'false', ...strict, ...options, 'consumer.ts'],
    { cwd: dir, encoding: 'utf8' },
  );
  return stdout;
}

const CONSUMER = `
import type { Frame, Notes, RunInfo, SoakEvent, Stall, Summary, WindowLine } from 'rushhour/results';
declare function read<T>(file: string): T;
const { run, verdict, arms } = read<Summary>('summary.json');
const pass: boolean | null = verdict.pass;
const p99: number | undefined = arms['traffic']?.handshakeUs.p99;
const ok: number | undefined = arms['traffic']?.outcomes['handshake-timeout'];
const { versions, scenario, soak }: RunInfo = read('run.json');
const commit: string | undefined = versions.commit;
const windows: number = read<WindowLine>('frames.jsonl').stallsKept + (soak?.windowSec ?? 0);
const started: number | undefined = read<Frame>('frames.jsonl').series['traffic']?.started;
const fate: 'recovered' | 'frozen' | 'unresolved' = read<Stall>('stalls.jsonl').fate;
const label: string | undefined = read<Notes>('notes.json').label;
const aside: boolean = read<SoakEvent>('events.jsonl').setsAside;
export const all = [run.id, pass, p99, ok, commit, scenario.name, windows, started, fate, label, aside];
`;

it.each([
  'nodenext',
  'bundler',
] as const)('its types serve a strict consumer of the tarball (%s)', (resolution) => {
  expect(compile(CONSUMER, resolution)).toBe('');
});

it('its types are not any: a field that is not there is an error', () => {
  const wrong = `${CONSUMER}\nexport const no = run.nonsense;\nexport const text: string = started;\n`;
  const errors = compile(wrong, 'nodenext');
  expect(errors).toContain("Property 'nonsense' does not exist");
  expect(errors).toContain("Type 'undefined' is not assignable to type 'string'");
});

it('importing it loads nothing', () => {
  const keys = execFileSync(
    process.execPath,
    ['--input-type=module', '-e', "console.log(Object.keys(await import('rushhour/results')).length)"],
    { cwd: dir, encoding: 'utf8' },
  );
  expect(keys).toBe('0\n');
});
