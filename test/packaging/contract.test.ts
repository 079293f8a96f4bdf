import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const TSC = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'rushhour-contract-'));
  // Checking the sources is another check's work, and half of the time.
  execFileSync(process.execPath, [TSC, '-p', 'tsconfig.types.json', '--noCheck'], { cwd: ROOT });
  execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', dir], { cwd: ROOT });
  const installed = join(dir, 'node_modules/rushhour');
  mkdirSync(installed, { recursive: true });
  const tarball = join(dir, `rushhour-${readManifest(ROOT).version}.tgz`);
  execFileSync('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
  // As npm installs what it depends on; nothing of the checkout's own, no @types/node either.
  for (const name of Object.keys(readManifest(ROOT).dependencies)) {
    const link = join(dir, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), link);
  }
  writeFileSync(join(dir, 'package.json'), '{"type":"module"}');
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const readManifest = (root: string) =>
  JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string;
    dependencies: Record<string, string>;
  };

/** What a strict compiler says of somebody's programs, the declarations that they read included, its own left out. */
function compile(files: Readonly<Record<string, string>>, resolution: 'nodenext' | 'bundler'): string {
  for (const [name, source] of Object.entries(files)) writeFileSync(join(dir, name), source);
  const module = resolution === 'nodenext' ? 'nodenext' : 'esnext';
  const options = ['--moduleResolution', resolution, '--module', module, '--target', 'es2022'];
  const strict = ['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess'];
  const { stdout } = spawnSync(
    process.execPath,
    [
      TSC,
      '--noEmit',
      '--skipLibCheck',
      'false',
      '--skipDefaultLibCheck',
      ...strict,
      ...options,
      ...Object.keys(files),
    ],
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

/** The same, and two things that are not so. */
const WRONG = `${CONSUMER}\nexport const no = run.nonsense;\nexport const text: string = started;\n`;

// Each compiles once: most of that is the compiler's own declarations.
describe.each([
  'nodenext',
  'bundler',
] as const)('its types, to a strict consumer of the tarball (%s),', (resolution) => {
  let errors: string[];
  beforeAll(() => {
    errors = compile({ 'consumer.ts': CONSUMER, 'wrong.ts': WRONG }, resolution).split(/\n(?! )/);
  });

  it('serve, and hold', () => {
    expect(errors.filter((line) => line !== '' && !line.startsWith('wrong.ts'))).toEqual([]);
  });

  it('are not any: a field that is not there is an error', () => {
    const wrong = errors.filter((line) => line.startsWith('wrong.ts')).join('\n');
    expect(wrong).toContain("Property 'nonsense' does not exist");
    expect(wrong).toContain("Type 'undefined' is not assignable to type 'string'");
  });
});

it('importing it loads nothing', () => {
  const keys = execFileSync(
    process.execPath,
    ['--input-type=module', '-e', "console.log(Object.keys(await import('rushhour/results')).length)"],
    { cwd: dir, encoding: 'utf8' },
  );
  expect(keys).toBe('0\n');
});
