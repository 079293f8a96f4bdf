import { beforeAll, describe, expect, it } from 'vitest';
import { chanceOfAtLeast } from '../../src/analysis/binomial.ts';
import type { Summary } from '../../src/analysis/types.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { expectVerdict } from '../support/verdict.ts';
import { measureIn } from './measure.ts';

/** A first bell in 50 s instead of minutes: the ramps are shorter, the ports and their order as they stand. */
const SHORT_MORNING = [
  ...['--duration', '30s'],
  ...[0, 1, 3, 5].flatMap((phase) => ['--set', `arms.programs.load.${phase}.ramp.for=5s`]),
];
const LOSS_CHECK = ['--rate', '50/s', '--duration', '10s'];

/**
 * Attempts a second at the bell. Behind the healthy firewall hundreds of ports come round early as well, of which half would
 * stall if any did; what is said of how many do needs more of them.
 */
const RATES = { healthy: 100, 'timewait-1s': 250 } as const;
const PRESETS = ['healthy', 'timewait-1s'] as const;

/** Of timewait-1s. */
const TIME_WAIT_SEC = 1;

suiteNeeding('school-morning and its control, loss-check', ['linux', 'root', 'netns', 'ip', 'nft'], () => {
  const mornings = new Map<string, Summary>();
  const checks = new Map<string, Summary>();

  beforeAll(async () => {
    const measure = async (preset: (typeof PRESETS)[number]): Promise<void> => {
      const [morning, check] = await Promise.all([
        measureIn(preset, 'school-morning', '--rate', `${RATES[preset]}/s`, ...SHORT_MORNING),
        measureIn(preset, 'loss-check', ...LOSS_CHECK),
      ]);
      mornings.set(preset, morning);
      checks.set(preset, check);
    };
    await Promise.all(PRESETS.map(measure));
  }, 150_000);

  it('passes a school behind a healthy firewall', () => {
    const morning = mornings.get('healthy')!;
    const { arms } = morning;
    expect(arms['programs']!.started).toBeGreaterThan(2_300);
    expect(arms['programs']!.outcomes).toEqual({ ok: arms['programs']!.started });
    // A quarter of sixty browsers has come in half a minute, each with at least a connection for each of twenty hosts.
    expect(arms['pupils']!.started).toBeGreaterThan(15 * 20);
    expect(arms['pupils']!.outcomes).toEqual({ ok: arms['pupils']!.started });
    expect(arms['pupils']!.browsing).toMatchObject({ pagesFailed: 0 });
    expect(arms['office']!.outcomes).toEqual({ ok: arms['office']!.started });
    expectVerdict(morning, {
      ...{ 'pupils.stalled.rate < 0.1%': true, 'pupils.phases.pageUs.p90 < 10s': true },
      'pupils.browsing.pagesFailed == 0': true,
      ...{ 'programs.stalled.rate < 0.1%': true, 'office.stalled.rate < 0.1%': true },
    });
  });

  it('fails it behind timewait-1s, by browsers and programs, whose ports come round', () => {
    const morning = mornings.get('timewait-1s')!;
    expect(morning.arms['office']).toMatchObject({ stalled: { count: 0 } });
    // The lab's proxy closes after each answer: browsers open connections as often as programs do, with the same end. How long
    // their pages take, and whether any lacks an object, is a matter of which of them stall.
    const { phases, browsing } = morning.arms['pupils']!;
    const p90Us = phases?.['pageUs']?.p90;
    expectVerdict(morning, {
      'pupils.stalled.rate < 0.1%': false,
      'pupils.phases.pageUs.p90 < 10s': (p90Us ?? Number.POSITIVE_INFINITY) < 10_000_000,
      'pupils.browsing.pagesFailed == 0': browsing?.pagesFailed === 0,
      ...{ 'programs.stalled.rate < 0.1%': false, 'office.stalled.rate < 0.1%': true },
    });
  });

  it('shows that a port collides once the firewall has given it up, about every second time', () => {
    const ages = mornings.get('timewait-1s')!.arms['programs']!.byReuseAge ?? [];
    // A bin is named by its lower edge and 9 % wide at most: the one that holds the timer is neither.
    const early = share(ages.filter(({ ageSec }) => ageSec * 1.1 < TIME_WAIT_SEC));
    const late = share(ages.filter(({ ageSec }) => ageSec > TIME_WAIT_SEC));
    expect(late.attempts).toBeGreaterThan(1_000);
    // At most every second. A frozen handshake turns others away from its port for 17 s (see reuse.test.ts): of the
    // 250 / 8,192 users a second that a port has, at most half freeze, so at most 26 % of the users are turned away.
    expect(chanceOfAtLeast(late.stalled, late.attempts, 0.5)).toBeGreaterThan(1e-4);
    expect(1 - chanceOfAtLeast(late.stalled + 1, late.attempts, 0.5 * (1 - 0.26))).toBeGreaterThan(1e-4);
    expect(1 - chanceOfAtLeast(early.stalled + 1, early.attempts, late.stalled / late.attempts)).toBeLessThan(
      1e-6,
    );
  });

  describe('loss-check', () => {
    it.each(PRESETS)('passes behind %s: nothing is lost, and no port used twice', (preset) => {
      const check = checks.get(preset)!;
      const { arms } = check;
      expect(arms['spread']!.outcomes).toEqual({ ok: 500 });
      expect(arms['connect']!.outcomes).toEqual({ ok: 250 });
      for (const { stalled } of Object.values(arms)) expect(stalled.count).toBe(0);
      expectVerdict(check, {
        ...{ 'spread.stalled.rate < 0.1%': true, 'connect.stalled.rate < 0.1%': true },
        ...{ '*.unsent == 0': 'if-all-sent' },
      });
    });
  });
});

function share(ages: readonly { attempts: number; stalled: number }[]): {
  attempts: number;
  stalled: number;
} {
  return ages.reduce(
    (sum, { attempts, stalled }) => ({
      attempts: sum.attempts + attempts,
      stalled: sum.stalled + stalled,
    }),
    { attempts: 0, stalled: 0 },
  );
}
