import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { nkeys } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { COMMAND_NAMES } from '../../src/cli/commands/catalogue.ts';
import { LOADS } from '../../src/cli/small-heap.ts';

const ROOT = join(import.meta.dirname, '../..');

const SOURCES = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
/** What processes and threads are started from, by the calls that say where it is; and what is imported by its path. */
const PROGRAMS = [
  ...new Set([
    ...SOURCES.filter((file) => file.endsWith('.ts')).flatMap((file) =>
      [...readFileSync(join(ROOT, 'src', file), 'utf8').matchAll(/locateBuilt\('([^']+)'\)/g)].map(
        ([, path = '']) => path,
      ),
    ),
    ...SOURCES.filter((file) => /(^|\/)main\.ts$/.test(file)).map((file) => file.replace(/ts$/, 'js')),
    'read/contract.js',
  ]),
];

/** Whether dist/ has the bundle of today's sources, as after `npm run build`: to bundle takes ten seconds. */
function isBundled(): boolean {
  const bundledAt = statSync(join(ROOT, 'dist/LICENSES'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const changedAt = [
    ...SOURCES.map((file) => join(ROOT, 'src', file)),
    join(ROOT, 'packaging/bundle.mjs'),
  ].map((file) => statSync(file).mtimeMs);
  const isPlain = PROGRAMS.some(
    (file) => !/sourceMappingURL|whole\//.test(readFileSync(join(ROOT, 'dist', file), 'utf8')),
  );
  return !isPlain && bundledAt > Math.max(...changedAt);
}

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'rushhour-bundle-'));
  // As an installed copy has them, and nothing of src/.
  for (const name of ['package.json', 'bin', 'scenarios', 'assets'])
    cpSync(join(ROOT, name), join(dir, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
  if (isBundled()) {
    const own = ['chunks', 'whole', 'LICENSES', ...PROGRAMS];
    for (const path of own) cpSync(join(ROOT, 'dist', path), join(dir, 'dist', path), { recursive: true });
  } else {
    const args = [join(ROOT, 'packaging/bundle.mjs'), join(dir, 'dist')];
    execFileSync(process.execPath, args, { stdio: 'inherit' });
  }
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const listDist = (): string[] =>
  readdirSync(join(dir, 'dist'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.js'),
  );

function rushhour(args: readonly string[], env: NodeJS.ProcessEnv = {}, program = 'bin/rushhour') {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(dir, program), ...args], {
    ...{ cwd: dir, encoding: 'utf8', timeout: 60_000 },
    env: { ...process.env, ...env },
  });
  return { status, stdout, stderr };
}

/** Paths in src/ or node_modules/ of what became part of the files of a folder of dist/ whose names begin so. */
function listParts(folder: string, start = ''): string[] {
  const maps = readdirSync(join(dir, 'dist', folder)).filter(
    (file) => file.startsWith(start) && file.endsWith('.map'),
  );
  const parts = maps.flatMap((map): string[] => {
    const file = join(dir, 'dist', folder, map);
    return JSON.parse(readFileSync(file, 'utf8')).sources.map((path: string) => resolve(dirname(file), path));
  });
  return [...new Set(parts)];
}

/** Takes a file of dist/ away until the test has finished. */
function takeAway(file: string): void {
  const path = join(dir, 'dist', file);
  renameSync(path, `${path}.away`);
  onTestFinished(() => renameSync(`${path}.away`, path));
}

function takeAwayChunks(name: RegExp): void {
  const chunks = readdirSync(join(dir, 'dist/chunks')).filter((file) => name.test(file));
  expect(chunks).not.toEqual([]);
  for (const file of chunks) takeAway(`chunks/${file}`);
}

interface Answer {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Each names the program as it was started, and a longer name wraps elsewhere. */
function asWords({ status, stdout, stderr }: Answer): Answer {
  const words = (text: string): string => text.replaceAll('bin/rushhour', 'rushhour').replace(/\s+/g, ' ');
  return { status, stdout: words(stdout), stderr: words(stderr) };
}

describe('the bundle', () => {
  it('has each program where tsc puts it, and the rest in folders of its own', () => {
    expect(PROGRAMS.length).toBeGreaterThan(8);
    const others = listDist().filter((file) => dirname(file) !== 'chunks');
    expect(others.sort()).toEqual([...PROGRAMS].sort());
  });

  it('imports no file that is not there', () => {
    const there = new Set(listDist());
    const imported = [...there].flatMap((file) => {
      const text = readFileSync(join(dir, 'dist', file), 'utf8');
      const paths = text.matchAll(/\b(?:from ?|import\(|import ?)["'](\.[^"']+\.js)["']/g);
      return [...paths].map(([, path = '']) => join(dirname(file), path));
    });
    expect(imported.length).toBeGreaterThan(100);
    expect(imported.filter((file) => !there.has(file))).toEqual([]);
  });

  it.each([
    'help soak install',
    'run quickstart --dry-run',
    'nothing',
  ])('says the same as the modules that it is made of: %s', (line) => {
    const args = line.split(' ');
    const script = join(import.meta.dirname, 'run-modules.mjs');
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
      ...{ cwd: dir, encoding: 'utf8' },
    });
    expect(asWords(rushhour(args))).toEqual(asWords({ status, stdout, stderr }));
  });

  it('leads from a stack to lines of src/, for reports of faults', () => {
    const { status, stderr } = rushhour(['run', 'nowhere'], { RUSHHOUR_DEBUG: '1' });
    expect(status).toBe(2);
    expect(stderr).toMatch(/^ +at .*\bfindScenario \(.*\/src\/scenario\/find\.ts:\d+:\d+\)$/m);
  });

  it('comes with the licence of each package that is part of it, and of no other', () => {
    const licences = readFileSync(join(dir, 'dist/LICENSES'), 'utf8');
    for (const name of ['commander', 'yaml', 'zod', 'hdr-histogram-js'])
      expect(licences).toMatch(new RegExp(`^${name} \\d+\\.`, 'm'));
    for (const name of ['undici', 'koffi', 'piscina'])
      expect(licences).not.toMatch(new RegExp(`^${name} \\d+\\.`, 'm'));
  });

  it('connects to a fleet with what its packages export', () => {
    const file = join(dir, 'operator.json');
    const seed = new TextDecoder().decode(nkeys.createUser().getSeed());
    const credentials = {
      schema: 1,
      role: { kind: 'operator' },
      servers: ['tls://127.0.0.1:1'],
      seed,
      ca: 'none',
    };
    writeFileSync(file, JSON.stringify(credentials), { mode: 0o600 });
    const { status, stderr } = rushhour(['fleet', 'ls', '--credentials', file]);
    expect(stderr).toMatch(/^rushhour: no connection to tls:\/\/127\.0\.0\.1:1 /);
    expect(status).toBe(5);
  });

  it('carries what its packages say in no other language', () => {
    const parts = ['chunks', 'whole'].flatMap((folder) => listParts(folder));
    const ofZod = [...new Set(parts)].filter((part) => part.includes('/node_modules/zod/'));
    expect(ofZod.length).toBeGreaterThan(10);
    expect(ofZod.filter((part) => part.includes('/locales/')).length).toBeLessThan(3);
  });

  it('starts a load with one file for its command line, and no chunk', () => {
    const args = ['hit', 'tcp://127.0.0.1:9', '-n', '1', '--results', join(dir, 'loaded')];
    const { stderr } = rushhour(args, { NODE_DEBUG: 'esm,module' });
    const loaded = [...new Set(stderr.match(/dist\/(?:chunks|whole)\/[\w-]+\.c?js/g) ?? [])];
    expect(loaded.sort()).toEqual(['dist/whole/load.cjs']);
  });

  it('has for loads, and for them alone, the file that starts them', () => {
    const [, chosen = ''] =
      /(\[[^\]]*\])\.includes\(command\)/.exec(readFileSync(join(dir, 'dist/cli/main.js'), 'utf8')) ?? [];
    expect(JSON.parse(chosen).sort()).toEqual([...LOADS].sort());
    const parts = listParts('whole', 'load.');
    const isPart = (name: string): boolean =>
      ['.ts', '/index.ts'].some((end) =>
        parts.some((part) => part.endsWith(`/src/cli/commands/${name}${end}`)),
      );
    expect(COMMAND_NAMES.filter(isPart).sort()).toEqual([...LOADS].sort());
  });

  it.each([
    ['whole/load.cjs', 'run'],
    ['chunks/main.js', 'scenarios'],
  ])('says what to do where %s is missing', (file, command) => {
    takeAway(file);
    const { status, stdout, stderr } = rushhour([command]);
    expect({ status, stdout }).toEqual({ status: 5, stdout: '' });
    expect(stderr).toMatch(
      /^rushhour: this installation is not whole: Cannot find module .*\n {2}install it again; in a checkout: npm ci && npm run build\n$/,
    );
  });

  it.each(['bin/rushhour', 'dist/cli/main.js'])('says what to do where a chunk is missing: %s', (program) => {
    takeAwayChunks(/^scenarios-.*\.js$/);
    const { status, stdout, stderr } = rushhour(['scenarios'], {}, program);
    expect({ status, stdout }).toEqual({ status: 5, stdout: '' });
    expect(stderr).toMatch(
      /^rushhour: this installation is not whole, or was replaced meanwhile: Cannot find module .*\n {2}run it again; if that does not help, install it again/,
    );
  });

  it.each([
    'bin/rushhour',
    'dist/cli/main.js',
  ])('ends, and says something, where what would say it is missing: %s', (program) => {
    for (const file of readdirSync(join(dir, 'dist/chunks'))) {
      if (/^(report-error|program)-.*\.js$/.test(file)) takeAway(`chunks/${file}`);
    }
    const { status, stdout, stderr } = rushhour(['scenarios'], {}, program);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^rushhour: .*Cannot find module/);
    expect(status).toBe(program === 'bin/rushhour' ? 5 : 1);
  });

  it('finishes a run although an upgrade has meanwhile replaced all of its files', async () => {
    const results = join(dir, 'results');
    const server = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const target = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const args = ['hit', target, '-t', '2s', '--rate', '20', '--results', results];
    const child = spawn(process.execPath, [join(dir, 'bin/rushhour'), ...args], {
      ...{ cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout?.on('data', (chunk) => (stdout += chunk));
    child.stderr?.on('data', (chunk) => (stderr += chunk));
    const ended = once(child, 'close');
    // Its first second is on disk: load flows.
    const findSeconds = (): string[] =>
      existsSync(results) ? readdirSync(results, { recursive: true, encoding: 'utf8' }) : [];
    const hasSecond = (file: string): boolean =>
      file.endsWith('frames.jsonl') && statSync(join(results, file)).size > 0;
    await expect.poll(() => findSeconds().some(hasSecond), { timeout: 60_000 }).toBe(true);
    renameSync(join(dir, 'dist'), join(dir, 'moved'));
    const [code] = await ended;
    renameSync(join(dir, 'moved'), join(dir, 'dist'));
    server.close();
    // 4: this machine was too busy for a verdict, which is no matter here.
    expect([0, 4]).toContain(code);
    expect(stderr).not.toContain('fault');
    expect(stdout).toContain('complete');
    expect(stdout).toContain('(the longest)');
  });
});

it('where the bundler cannot run, the program is compiled instead, and that is said', () => {
  const checkout = mkdtempSync(join(tmpdir(), 'rushhour-unbundled-'));
  try {
    mkdirSync(join(checkout, 'packaging'));
    mkdirSync(join(checkout, 'src'));
    mkdirSync(join(checkout, 'node_modules/typescript/bin'), { recursive: true });
    cpSync(join(ROOT, 'packaging/bundle.mjs'), join(checkout, 'packaging/bundle.mjs'));
    cpSync(join(ROOT, 'package.json'), join(checkout, 'package.json'));
    writeFileSync(join(checkout, 'node_modules/typescript/package.json'), '{}');
    writeFileSync(
      join(checkout, 'node_modules/typescript/bin/tsc'),
      'console.log(process.argv.slice(2).join(" "))',
    );
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(checkout, 'packaging/bundle.mjs')], {
      encoding: 'utf8',
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '-p tsconfig.build.json --outDir dist\n' });
    expect(stderr).toMatch(/^packaging\/bundle: Cannot find package 'esbuild-wasm'/);
    expect(stderr).toContain(
      'compiling without bundling instead: the same program, which takes longer to start',
    );
  } finally {
    rmSync(checkout, { recursive: true });
  }
});
