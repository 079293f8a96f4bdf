import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createOutput } from '../../src/cli/output/process-output.ts';

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

  it('says where its answer is lost, and does not claim that all is well', async () => {
    for (const args of [['--version'], ['schema']]) {
      const { code, err } = await run(args, { stdout: openFor('/dev/full', 'w') });
      expect(err).toMatch(/^rushhour: not all of the output could be written \(.*ENOSPC/);
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
): Promise<{ code: number | null; err: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      stdio: ['ignore', stdout ?? 'pipe', stderr ?? 'pipe'],
    });
    let err = '';
    child.stdout?.resume();
    child.stderr?.on('data', (chunk) => {
      err += chunk;
    });
    child.on('close', (code) => resolve({ code, err }));
  });
}
