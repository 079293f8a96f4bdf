import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { ExperimentState } from '../../src/store/experiment-file.ts';

/**
 * Writes the file of an experiment whose first run was cut short, as its process left it that is gone since.
 * @param changes what stands there instead; `runId` is that of the first step
 */
export async function makeExperiment(
  path: string,
  { runId = 'gone', ...changes }: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const state: ExperimentState = {
    schema: 1,
    id: basename(path, '.json'),
    scenario: 'quickstart',
    overrides: { rate: '20/s', set: ['arms.traffic.close=reset'], proxyUser: { kind: 'env', name: 'USERS' } },
    fingerprint: 'of another scenario',
    sides: { a: { command: 'true', label: 'before' }, b: { command: 'true', label: 'after' } },
    ...{ verify: null, settleUs: 0, commandTimeoutUs: 1_000_000, workers: 1, engine: 'auto' },
    ...{ rounds: 1, seed: 1, startedAt: '2025-01-31T06:00:00.000Z' },
    steps: [
      { round: 1, side: 'a', state: 'running', runId: String(runId), cut: ['cut'] },
      { round: 1, side: 'b', state: 'waiting', runId: null, cut: [] },
    ],
    // No boot of any machine has this id: its process is gone.
    process: { pid: process.pid, bootId: 'earlier', startTicks: '1' },
  };
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, JSON.stringify({ ...state, ...changes }));
}
