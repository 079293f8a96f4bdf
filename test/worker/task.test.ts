import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

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
