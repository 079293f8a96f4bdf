import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
    expect(packagesLoadedBy('--version')).toEqual([]);
    expect(packagesLoadedBy('--help')).toEqual(['commander']);
    expect(packagesLoadedBy('run', '--help')).toEqual(['commander']);
  });
});

/** V8's coverage names every script that was run (NODE_V8_COVERAGE), and a bundle the packages that became part of it. */
function packagesLoadedBy(...args: string[]): string[] {
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
  const bundled = scripts
    .filter(({ url }) => url.includes('/dist/'))
    .flatMap(
      ({ url }) => readFileSync(fileURLToPath(url), 'utf8').match(/^ *\/\/ node_modules\/.*$/gm) ?? [],
    );
  const paths = [...scripts.map(({ url }) => url), ...bundled];
  return [...new Set(paths.flatMap((path) => /\bnode_modules\/([^/]+)/.exec(path)?.[1] ?? []))];
}
