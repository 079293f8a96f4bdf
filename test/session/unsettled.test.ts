import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readUnsettled } from '../../src/session/unsettled.ts';
import { pushedSecond, startSoak } from '../store/soaks.ts';

it('what a process had held back from sinks is read again, as it counts, with its quantiles', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'rushhour-held-back-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  const writer = await startSoak(dir);
  for (let second = 0; second < 20; second += 1) {
    const { frame, histograms, stalls } = pushedSecond(second);
    await writer.append(frame, histograms, stalls);
  }

  const again = await readUnsettled(writer, 19, (second) => second === 18);
  // Two seconds until it is settled whether one counts, and five that may have been on their way.
  expect(again.map(({ frame }) => frame.second)).toEqual([13, 14, 15, 16, 17, 18, 19]);
  const [first] = again;
  expect(first).toMatchObject({
    atMs: Date.parse(writer.info.startedAt) + 13_000,
    frame: { series: { stress: { started: 10, bytes: 13 } } },
  });
  expect(first?.quantiles.get('stress.handshake')).toMatchObject({ count: 10, max: 122 });
  expect(Object.keys(again[5]!.frame.series)).toEqual(['stress~aside']);
  expect([...again[5]!.quantiles.keys()]).toContain('stress~aside.handshake');
});
