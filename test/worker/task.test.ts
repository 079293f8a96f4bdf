import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { MessageChannel } from 'node:worker_threads';
import { expect, it, onTestFinished, vi } from 'vitest';
import { ENGINES } from '../../src/engine/registry.ts';
import { EnvironmentError } from '../../src/errors.ts';
import runTask from '../../src/worker/task.ts';

const TASK = new URL('../../dist/worker/task.js', import.meta.url).href;

it('a worker loads no HTTP client, whether it plays browsers or not', async () => {
  const script = `
    const { createRequire } = await import('node:module');
    await import(${JSON.stringify(TASK)});
    const loaded = () => Object.keys(createRequire(import.meta.url).cache).filter((file) => file.includes('/undici/'));
    console.log(loaded().length);
    await import(new URL('browser-runner.js', ${JSON.stringify(TASK)}));
    console.log(loaded().length);
    await import(new URL('../sinks/request.js', ${JSON.stringify(TASK)}));
    console.log(loaded().length > 0);
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  expect(stdout).toBe('0\n0\ntrue\n');
});

it('a worker says what its machine lacks, with what mends it', async () => {
  const load = vi.spyOn(ENGINES.portable, 'load').mockResolvedValue(() => {
    throw new EnvironmentError('there is none', { hint: 'get one' });
  });
  onTestFinished(() => load.mockRestore());
  const { port1, port2 } = new MessageChannel();
  onTestFinished(() => port1.close());
  const plan = {
    ...{ index: 0, count: 1, engine: 'portable' as const, arms: [] },
    ...{ maxOpen: 1, maxLatenessUs: 1, drainUs: 1 },
  };
  expect(await runTask({ plan, port: port2 })).toEqual({ message: 'there is none', hint: 'get one' });
});
