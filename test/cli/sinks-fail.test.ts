import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { createFakeHost } from './fake-host.ts';
import { createFakeRun } from './fake-services.ts';

// No sink of today's throws as it finishes: this one is what a fault in one would be.
vi.mock('../../src/cli/run-sinks.ts', async (importOriginal) => ({
  ...(await importOriginal<typeof import('../../src/cli/run-sinks.ts')>()),
  openRunSinks: async () => ({
    begin() {},
    second() {},
    finish: async () => {
      throw new Error('the agent is destroyed');
    },
  }),
}));

it('a sink that fails as the run ends is told of, and takes neither the verdict nor the exit code', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'rushhour-cli-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const host = createFakeHost({ cwd: dir, home: dir });
  const exitCode = await runCli(
    ['hit', 'http://origin.test/', '-n', '1', '--json'],
    host,
    createFakeRun().services,
  );
  expect(exitCode).toBe(0);
  expect(JSON.parse(host.stdout.text)).toHaveProperty('verdict');
  expect(host.stderr.text).toContain('warning: sinks: the agent is destroyed');
});
