import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';

const MAIN = join(import.meta.dirname, '../../dist/cli/main.js');

/** Runs the built program as a shell would; `deaf`: nobody reads what it prints. */
function run(
  args: string[],
  { deaf = false } = {},
): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    if (deaf) child.stdout.destroy();
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

describe('the program', () => {
  it('hands over all that it printed before it ends, and its exit code', async () => {
    const { code, out, err } = await run(['schema']);
    expect([code, err]).toEqual([0, '']);
    expect(out.length).toBeGreaterThan(4_000);
    expect(() => JSON.parse(out)).not.toThrow();
    expect((await run(['scenarios', 'nowhere'])).code).toBe(2);
  });

  it('is quiet about a reader that went away', async () => {
    expect(await run(['schema'], { deaf: true })).toEqual({ code: 0, out: '', err: '' });
  });

  it('loads what a short answer needs, and nothing else', () => {
    expect(loadedBy('--version').packages).toEqual([]);
    for (const words of ['--help', 'run --help', 'help run']) {
      const { packages, modules } = loadedBy(...words.split(' '));
      expect(packages, words).toEqual(['commander']);
      // Of the rooms below the command line: names, words and units that flags are made of, and no room's work.
      const rooms = modules.map((path) => path.split('/')[0] ?? '');
      for (const room of ['net', 'lab', 'analysis', 'worker', 'store', 'run', 'doctor', 'service'])
        expect(rooms, words).not.toContain(room);
      const others = modules.filter((path) =>
        /^(engine|session|scenario)\/.*(engine|start|schema)\.ts$/.test(path),
      );
      expect(others, words).toEqual([]);
    }
  });

  it('loads of a list of all commands none of them', () => {
    const { modules } = loadedBy('--help');
    expect(modules.filter((path) => path.startsWith('cli/commands/'))).toEqual(['cli/commands/catalogue.ts']);
    expect(modules.length).toBeLessThan(30);
    const one = loadedBy('help', 'run').modules.filter((path) => path.startsWith('cli/commands/'));
    expect(one.sort()).toEqual(['cli/commands/catalogue.ts', 'cli/commands/help.ts', 'cli/commands/run.ts']);
  });
});

interface Loaded {
  /** Of npm. */
  readonly packages: readonly string[];
  /** By their path in src/. */
  readonly modules: readonly string[];
}

/** V8's coverage names every script that was run (NODE_V8_COVERAGE), and a bundle the files that became part of it. */
function loadedBy(...args: string[]): Loaded {
  const dir = mkdtempSync(join(tmpdir(), 'rushhour-loaded-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const { status } = spawnSync(process.execPath, [MAIN, ...args], {
    env: { ...process.env, NODE_V8_COVERAGE: dir },
  });
  expect(status).toBe(0);
  const scripts = readdirSync(dir).flatMap(
    (file) => (JSON.parse(readFileSync(join(dir, file), 'utf8')) as { result: { url: string }[] }).result,
  );
  expect(scripts.map(({ url }) => url).filter((url) => url.endsWith('/dist/cli/main.js'))).toHaveLength(1);
  const built = scripts
    .map(({ url }) => url)
    .filter((url) => url.startsWith('file:') && url.includes('/dist/'));
  const bundled = built.flatMap((url) => {
    const map = `${fileURLToPath(url)}.map`;
    if (!existsSync(map)) return [];
    return JSON.parse(readFileSync(map, 'utf8')).sources.map((path: string) => resolve(dirname(map), path));
  });
  const paths = [...scripts.map(({ url }) => url), ...bundled];
  const find = (pattern: RegExp): string[] => [
    ...new Set(paths.flatMap((path) => pattern.exec(path)?.[1] ?? [])),
  ];
  const ofSrc = find(/\/src\/(.*\.ts)$/);
  return {
    packages: find(/\bnode_modules\/([^/]+)/),
    modules: ofSrc.length > 0 ? ofSrc : find(/\/dist\/(.*)\.js$/).map((path) => `${path}.ts`),
  };
}
