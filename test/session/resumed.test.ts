import { expect, it } from 'vitest';
import { startSession } from '../../src/session/start.ts';
import type { RunOptions } from '../../src/session/types.ts';
import { fingerprintOf } from '../../src/store/experiment-file.ts';
import { createSession } from '../../src/store/session-create.ts';
import { armOf, frameOf, scenarioOf } from '../analysis/parts.ts';
import { factsOf, makeFolder } from '../store/runs.ts';

const scenario = scenarioOf({
  arms: [armOf({ load: { kind: 'closed', concurrency: 20, attempts: 30 } })],
  criteria: ['stress.completedShare == 1'],
});

/** A run whose process failed when all 30 attempts had been started: it gave up two of them, and told of ten nothing. */
async function leaveFailed(): Promise<string> {
  const results = makeFolder();
  const startedAt = new Date(Date.now() - 5_000).toISOString();
  const session = { settleSec: 2, fingerprint: fingerprintOf(scenario) };
  const writer = await createSession(results, factsOf({ scenario, startedAt, session }), () => {});
  const counts = { scheduled: 30, started: 30, established: 30, completed: 18, requests: 20 };
  await writer.append(
    frameOf(0, { stress: { ...counts, outcomes: { ok: 18, abandoned: 2 } } }),
    new Map(),
    [],
  );
  await writer.closeAll();
  await writer.finish({}, 'failed', startedAt);
  return results;
}

it('a run that failed and is resumed to its end is complete, and what its first process gave up is lost', async () => {
  const results = await leaveFailed();
  const options: RunOptions = {
    ...{ scenario, resultsDir: results, resume: true, label: '', workers: 1 },
    ...{ engine: 'portable', command: [] },
  };
  const { summary, unkept } = await (await startSession(options, {})).finished;
  expect(unkept).toBeUndefined();
  expect(summary.run.status).toBe('complete');
  expect(summary.arms['stress']).toMatchObject({ started: 30, completed: 18, lost: 12, completedShare: 1 });
  expect(summary.verdict).toMatchObject({ pass: true, reasons: [] });
});
