import { expect, it, vi } from 'vitest';
import { stretchToSoak } from '../../src/session/schedule.ts';
import { startSession } from '../../src/session/start.ts';
import type { RunOptions } from '../../src/session/types.ts';
import { fingerprintOf } from '../../src/store/experiment-file.ts';
import { createSession } from '../../src/store/session-create.ts';
import { scenarioOf } from '../analysis/parts.ts';
import { makeFolder } from '../store/runs.ts';
import { push, soakFacts } from '../store/soaks.ts';
import { openFilesIn } from '../support/open-files.ts';
import { suiteNeeding } from '../support/suite-needing.ts';

/** Read once the files of a soak are open again. */
const { readUnsettled } = vi.hoisted(() => ({ readUnsettled: vi.fn() }));
vi.mock('../../src/session/unsettled.ts', () => ({ readUnsettled }));

suiteNeeding('a soak that cannot be resumed after all', ['linux'], () => {
  it('leaves none of its files open', async () => {
    const results = makeFolder();
    const scenario = scenarioOf();
    const forUs = 600_000_000;
    const fingerprint = fingerprintOf(stretchToSoak(scenario, forUs));
    const startedAt = new Date(Date.now() - 20_000).toISOString();
    const facts = { ...soakFacts({ fingerprint, forUs }), scenario, startedAt };
    const writer = await createSession(results, facts, () => {});
    await push(writer, 0, 12);
    await writer.closeAll();
    await writer.finish({}, 'failed', startedAt);
    readUnsettled.mockImplementation(async () => {
      expect(openFilesIn(writer.dir)).toContain('frames.jsonl');
      throw new Error('a disk that went away');
    });
    const options: RunOptions = {
      ...{ scenario, resultsDir: results, resume: true, label: '', workers: 1 },
      ...{ engine: 'portable', command: [], soak: { forUs, windowSec: 4 } },
    };
    await expect(startSession(options, {})).rejects.toThrow('a disk that went away');
    expect(openFilesIn(results)).toEqual([]);
  });
});
