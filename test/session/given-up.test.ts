import { expect, it, vi } from 'vitest';
import type { SeriesCounts } from '../../src/metrics/types.ts';
import type { LoadSegment } from '../../src/session/segment.ts';
import { startSession } from '../../src/session/start.ts';
import type { RunOptions } from '../../src/session/types.ts';
import { fingerprintOf } from '../../src/store/experiment-file.ts';
import { createSession } from '../../src/store/session-create.ts';
import { armOf, fine, frameOf, scenarioOf } from '../analysis/parts.ts';
import { factsOf, makeFolder } from '../store/runs.ts';

const { openSegment } = vi.hoisted(() => ({ openSegment: vi.fn() }));
vi.mock('../../src/session/segment.ts', () => ({ openSegment }));

const scenario = scenarioOf({
  arms: [armOf({ load: { kind: 'closed', concurrency: 2, attempts: 30 } })],
  criteria: ['stress.completed >= 20'],
});

/** Goes on with a run of 30 attempts, 20 of which are done, and records the last ten as told. */
async function finish(counts: Partial<SeriesCounts>) {
  const resultsDir = makeFolder();
  const startedAt = new Date(Date.now() - 5_000).toISOString();
  const session = { settleSec: 2, fingerprint: fingerprintOf(scenario) };
  const writer = await createSession(resultsDir, factsOf({ scenario, startedAt, session }), () => {});
  await writer.append(frameOf(0, { stress: { ...fine(20), requests: 20 } }), new Map(), []);
  await writer.closeAll();
  await writer.finish({}, 'failed', startedAt);
  const segment: LoadSegment = {
    load: { arms: [], outlines: [], durationUs: undefined, stop() {} } as unknown as LoadSegment['load'],
    async run(_atEpochMs, { onSecond }) {
      onSecond({ frame: frameOf(0, { stress: counts }), encoded: new Map(), stalls: [] });
    },
    async close() {},
  };
  openSegment.mockResolvedValue(segment);
  const options: RunOptions = {
    ...{ scenario, resultsDir, resume: true, label: '', workers: 1 },
    ...{ engine: 'portable', command: [] },
  };
  return (await (await startSession(options, {})).finished).summary;
}

it('a run that gave anything up never says complete, and passes nothing', async () => {
  const { run, verdict } = await finish({ ...fine(10), completed: 9, outcomes: { ok: 9, abandoned: 1 } });
  expect([run.status, verdict.pass]).toEqual(['interrupted', null]);
  expect(verdict.reasons).toEqual([
    'the run was interrupted',
    '1 of its attempts were still open and were abandoned',
  ]);
});

it('one that gave nothing up does', async () => {
  const { run, verdict } = await finish(fine(10));
  expect([run.status, verdict.pass]).toEqual(['complete', true]);
});
