import { beforeAll, expect, it } from 'vitest';
import type { Summary } from '../../src/analysis/types.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { sureness } from '../support/verdict.ts';
import { deviation, findingOf, measureIn } from './measure.ts';

/** The timer is the slowest of the claims: a sweep goes up to 70 s, and all run side by side. */
const SWEEPS_MS = 240_000;

/** TCP_TIMEWAIT_LEN, include/net/tcp.h. */
const LINUX_TIME_WAIT_SEC = 60;

suiteNeeding('timewait-sweep as it stands', ['linux', 'root', 'netns', 'ip', 'nft'], () => {
  const timersSec = [1, 5, 20] as const;
  const swept = new Map<number, Summary>();
  let healthy: Summary;

  beforeAll(async () => {
    const sweeps = timersSec.map(async (sec) => {
      swept.set(sec, await measureIn(`timewait-1s:t=${sec}s`, 'timewait-sweep'));
    });
    const clean = measureIn('healthy', 'timewait-sweep');
    await Promise.all(sweeps);
    healthy = await clean;
  }, SWEEPS_MS);

  it.each(timersSec)('reads a firewall TIME_WAIT of %i s to a fifth', (sec) => {
    const band = findingOf(swept.get(sec)!, 'reuse-band');
    expect(band.confidence).toBe(sureness(swept.get(sec)!, 'high'));
    expect(deviation(band['fromSec'], sec)).toBeLessThan(0.2);
    expect(band['fromHighSec']).toBeGreaterThanOrEqual(sec);
  });

  it.each(timersSec)('reads the far end’s 60 s to a twentieth behind a firewall of %i s', (sec) => {
    const band = findingOf(swept.get(sec)!, 'reuse-band');
    expect(deviation(band['toSec'], LINUX_TIME_WAIT_SEC)).toBeLessThan(0.05);
  });

  it('reports no band where the firewall is healthy', () => {
    const band = findingOf(healthy, 'reuse-band');
    expect(band.confidence).toBe('none');
    expect(band.text).toMatch(/^no band: 0 of \d+ /);
  });

  it('stays below 20 connections a second and four minutes', () => {
    for (const { run, arms } of [...swept.values(), healthy]) {
      expect(arms['sweep']!.scheduled).toBe(960);
      // A pair that this machine is too busy to time is left out; most must be there.
      expect(arms['sweep']!.started).toBeGreaterThan(900);
      expect(arms['sweep']!.achievedPerSec).toBeLessThan(20);
      const seconds = (Date.parse(run.endedAt) - Date.parse(run.startedAt)) / 1_000;
      expect(seconds).toBeLessThan(240);
    }
  });
});
