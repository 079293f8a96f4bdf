import { expect, it } from 'vitest';
import type { Summary } from '../../src/analysis/types.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { measureIn } from './measure.ts';

/** Ages around 1 s, a dozen pairs at each: some 15 s of a sweep that takes two minutes. */
const SHORT_SWEEP =
  'arms.sweep.load={sweep: {delays: [0.4s, 0.7s, 0.85s, 1.15s, 1.5s, 2s, 3s, 4s], pairs: 12, rate: 19/s}}';
const SOURCES = 'arms.sweep.source={addresses: [10.10.1.1, 10.10.1.2], ports: 20000-20999}';

suiteNeeding('what is found in the lab', ['linux', 'root', 'netns', 'ip', 'nft'], () => {
  const sweepIn = (preset: string): Promise<Summary> =>
    measureIn(preset, 'timewait-sweep', '--set', SHORT_SWEEP, '--set', SOURCES);

  it('timewait-1s: the sweep reads a firewall TIME_WAIT of 1 s', async () => {
    const [band] = (await sweepIn('timewait-1s')).findings;
    expect(band).toMatchObject({ kind: 'reuse-band', arm: 'sweep', fromLowSec: 0.85, fromHighSec: 1.15 });
    expect(band?.confidence).not.toBe('none');
  });

  it('healthy: the sweep sees no band', async () => {
    const { arms, findings } = await sweepIn('healthy');
    expect(findings[0]).toMatchObject({ kind: 'reuse-band', confidence: 'none' });
    // A machine that is too busy to time a pair leaves it out, and says so: no other may be missing.
    const measured = 96 - arms['sweep']!.unsent;
    expect(measured).toBeGreaterThan(0);
    expect(findings[0]?.text).toContain(`no band: 0 of ${measured} `);
  });

  it('a NAT that gives out ports at random: the sweep declines, and says how it knows', async () => {
    const [band] = (await sweepIn('timewait-1s:ports=2000,pick=random')).findings;
    expect(band).toMatchObject({ kind: 'reuse-band', confidence: 'none' });
    expect(band?.text).toContain('the far end saw source ports other than');
    expect(band).not.toHaveProperty('fromSec');
  });
});
