import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listFigures } from '../../src/analysis/compare/arm-figures.ts';
import { readRows } from '../../src/read/export/rows.ts';
import { readRunDetail, readStalledTimeSeries } from '../../src/read/run-detail.ts';
import { readSummary, rebuildSummary } from '../../src/read/summary.ts';
import { readRunTimeSeries } from '../../src/read/time-series.ts';
import { createSession } from '../../src/store/session-create.ts';
import { collect, factsOf, makeFolder } from './runs.ts';
import { endSoak, fail, hostEvent, openSoak, push, pushedSecond, startSoak, timesOf } from './soaks.ts';

const SECONDS = 61;

/** The same seconds as a run and as a soak, some of which no window has taken up yet. */
let run: string;
let soak: string;
const over: (() => Promise<void>)[] = [];
beforeAll(async () => {
  const dir = await mkdtemp(join(tmpdir(), 'rushhour-store-'));
  over.push(() => rm(dir, { recursive: true, force: true }));
  const runWriter = await createSession(join(dir, 'run'), factsOf(), fail);
  over.push(async () =>
    runWriter.finish(await rebuildSummary(runWriter.dir), 'failed', runWriter.info.startedAt),
  );
  const soakWriter = await openSoak(join(dir, 'soak'));
  over.push(() => endSoak(soakWriter));
  for (let second = 0; second < SECONDS; second += 1) {
    const { frame, histograms, stalls } = pushedSecond(second);
    await runWriter.append(frame, histograms, stalls);
  }
  await push(soakWriter, 0, SECONDS);
  [run, soak] = [runWriter.dir, soakWriter.dir];
});
afterAll(async () => {
  for (const step of over.reverse()) await step();
});

describe('what reads runs', () => {
  it('finds the same counts by the second in a soak, and the same times', async () => {
    const [ofRun, ofSoak] = [await readRunDetail(run), await readRunDetail(soak)];
    expect(ofSoak.arms).toEqual(ofRun.arms);
    expect(ofSoak.seconds).toBe(SECONDS);
    expect(ofSoak.histograms).toEqual(ofRun.histograms);
    expect(await readStalledTimeSeries(soak)).toEqual(await readStalledTimeSeries(run));
    const { soak: _, ...summary } = ofSoak.summary;
    // A run goes by its schedule, which is for ten seconds; a soak by what fell due.
    expect(summary.arms['stress']).toEqual({ ...ofRun.summary.arms['stress'], achievedPerSec: 10 });
  });

  it('exports the same times', async () => {
    expect(await collect(readRows(soak, 'latency'))).toEqual(await collect(readRows(run, 'latency')));
  });

  it('compares counts by the second, and times by the window', async () => {
    const [ofRun, ofSoak] = [await readRunTimeSeries(run), await readRunTimeSeries(soak)];
    const [runArm, soakArm] = [ofRun.arms.get('stress')!, ofSoak.arms.get('stress')!];
    for (const key of ['started', 'stalled', 'outcomes.ok']) {
      expect(soakArm.cells.column(key)).toEqual(runArm.cells.column(key));
    }
    const times = soakArm.times.get('handshakeUs')!;
    // Windows of four seconds; the last has one so far.
    expect(times.counts).toEqual([...Array.from({ length: 15 }, () => 40), 10]);
    expect(times.spectrum).toEqual(runArm.times.get('handshakeUs')!.spectrum);
    const p90 = listFigures([soakArm])
      .find(({ name }) => name === 'handshakeUs.p90')
      ?.measure([soakArm], 'seconds');
    expect(p90).toMatchObject({
      value: (await readSummary(run)).arms['stress']!.handshakeUs.p90,
      whole: 610,
    });
    expect(p90?.estimate).toBeDefined();
  });

  it('decodes one window in so many of a long soak, and reckons with the others', async () => {
    const soak = await startSoak(makeFolder(), { windowSec: 1, settleSec: 0 });
    await push(soak, 0, 1_100, (second) => {
      const { frame, stalls } = pushedSecond(second);
      return { frame, stalls, histograms: timesOf(second % 60) };
    });
    const { times } = (await readRunTimeSeries(soak.dir)).arms.get('stress')!;
    const { counts, stride } = times.get('handshakeUs')!;
    expect([stride, counts.length, counts.every((count) => count === 10)]).toEqual([2, 550, true]);
  });

  it('leaves out of all that what an event has set aside, in seconds to come as well', async () => {
    const soak = await startSoak(makeFolder());
    await push(soak, 0, 20);
    soak.event(hostEvent({ fromSec: 18 }));
    await push(soak, 20, 23);
    const { arms } = await readRunTimeSeries(soak.dir);
    const { cells, times, summary } = arms.get('stress')!;
    expect([summary.started, summary.handshakeUs.count]).toEqual([170, 170]);
    expect(cells.column('started').reduce((sum, count) => sum + count, 0)).toBe(170);
    expect(times.get('handshakeUs')!.counts).toEqual([40, 40, 40, 40, 10]);
  });
});
