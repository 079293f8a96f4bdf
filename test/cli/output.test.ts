import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Summary } from '../../src/analysis/types.ts';
import { createOutput } from '../../src/cli/output/process-output.ts';
import { startPeer } from '../support/servers.ts';

const MAIN = join(import.meta.dirname, '../../dist/cli/main.js');

/** Takes nothing until it is told to; as process.stderr it lives on after an error. */
function createFull(code: string, how: 'throws' | 'reports') {
  const taken: string[] = [];
  const state = { isFull: true };
  const fail = () => Object.assign(new Error(`${code}: not written`), { code });
  const stream = new Writable({
    autoDestroy: false,
    write(chunk, _encoding, done) {
      if (!state.isFull) taken.push(String(chunk));
      done(state.isFull ? fail() : undefined);
    },
  });
  if (how === 'throws') {
    stream.write = ((text: string) => {
      if (state.isFull) throw fail();
      taken.push(text);
      return true;
    }) as typeof stream.write;
  }
  return { stream: stream as unknown as NodeJS.WriteStream, taken, state };
}

describe('an output that cannot be written', () => {
  it.each([
    ['ENOSPC', 'throws'],
    ['ENOSPC', 'reports'],
    ['EDQUOT', 'reports'],
    ['EBADF', 'throws'],
    ['EBADF', 'reports'],
  ] as const)('%s that it %s ends nothing, and is kept to be said', async (code, how) => {
    const output = createOutput(createFull(code, how).stream);
    output.write('first\n');
    output.write('second\n');
    await new Promise(setImmediate);
    expect(output.fault?.message).toBe(`${code}: not written`);
  });

  it('is written again once there is room', () => {
    const { stream, taken, state } = createFull('ENOSPC', 'throws');
    const output = createOutput(stream);
    output.write('lost\n');
    state.isFull = false;
    output.write('kept\n');
    expect(taken).toEqual(['kept\n']);
  });

  it.each(['EPIPE', 'EIO'])('a reader that went away (%s) is no fault', async (code) => {
    const output = createOutput(createFull(code, 'reports').stream);
    output.write('text\n');
    await new Promise(setImmediate);
    expect(output.fault).toBeUndefined();
  });
});

describe('the program on a full disk', () => {
  it('ends as it would have where its messages are lost', async () => {
    for (const [path, flags] of [
      ['/dev/full', 'w'],
      ['/dev/null', 'r'],
    ] as const) {
      expect(await run(['scenarios', 'nowhere'], { stderr: openFor(path, flags) })).toMatchObject({
        code: 2,
      });
    }
  });

  it.each([
    ['a run', ['run', '--duration', '1s']],
    ['a soak', ['soak', '--for', '2s']],
  ])('goes on with the load of %s where its messages are lost, and tells the verdict', async (_, words) => {
    const [command = '', ...flags] = words;
    const dir = mkdtempSync(join(tmpdir(), 'rushhour-full-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const { port } = await startPeer({
      request: (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok'),
    });
    const file = join(dir, 'mine.yaml');
    writeFileSync(
      file,
      `schema: 1\ntarget: http://127.0.0.1:${port}/\narms:\n  a: { via: direct, load: [{ hold: { rate: 10, for: 1 } }] }\n`,
    );
    for (const [path, mode] of [
      ['/dev/full', 'w'],
      ['/dev/null', 'r'],
    ] as const) {
      const args = [command, file, ...flags, '--results', dir, '--json'];
      const { code, out } = await run(args, { stderr: openFor(path, mode) });
      const { run: ended, arms, verdict } = JSON.parse(out) as Summary;
      // 4: others kept this machine busy.
      expect(code).toBe(verdict.generatorLimited ? 4 : 0);
      expect(ended.status).toBe('complete');
      expect(arms['a']!.scheduled).toBeGreaterThanOrEqual(10);
      expect(arms['a']!.completed).toBe(arms['a']!.started);
    }
  });

  it('says where its answer is lost, and does not claim that all is well', async () => {
    for (const args of [['--version'], ['schema']]) {
      const { code, err } = await run(args, { stdout: openFor('/dev/full', 'w') });
      expect(err).toMatch(/^rushhour: some output could not be written \(.*ENOSPC/);
      expect(code).toBe(5);
    }
  });
});

function openFor(path: string, flags: 'r' | 'w'): number {
  const fd = openSync(path, flags);
  onTestFinished(() => closeSync(fd));
  return fd;
}

function run(
  args: readonly string[],
  { stdout, stderr }: { stdout?: number; stderr?: number },
): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      stdio: ['ignore', stdout ?? 'pipe', stderr ?? 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout?.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr?.on('data', (chunk) => {
      err += chunk;
    });
    child.on('close', (code) => resolve({ code, out, err }));
  });
}
