import { describe, expect, it } from 'vitest';
import { findReuseBand } from '../../../src/analysis/findings/reuse-band.ts';
import type { ReuseCounts } from '../../../src/metrics/types.ts';

/** A repeatable source of chance (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The ages of the scenario timewait-sweep. */
const AGES_SEC = [
  ...Array.from({ length: 30 }, (_, index) => 0.3 * 1.2 ** index).filter((age) => age < 70),
  ...[56, 57, 58, 59, 60, 61, 62, 63, 64, 70],
];

/** Pairs at each age: within the band every other one stalls, outside it the background's share. */
function sweep(
  band: { fromSec: number; toSec: number },
  background: number,
  seed: number,
): Record<string, ReuseCounts> {
  const chance = seeded(seed);
  return Object.fromEntries(
    AGES_SEC.map((age) => {
      const rate = age > band.fromSec && age < band.toSec ? 0.5 : background;
      const stalled = Array.from({ length: 12 }, chance).filter((drawn) => drawn < rate).length;
      return [String(Math.round(age * 1_000)), { attempts: 12, stalled }];
    }),
  );
}

const NO_BAND = { fromSec: 0, toSec: 0 };

describe('the band of ages at which reused ports stall', () => {
  it.each([
    1, 5, 20,
  ])('gives a firewall TIME_WAIT of %i s to a fifth, a far end of 60 s to a twentieth', (fromSec) => {
    const misses: number[] = [];
    for (let seed = 1; seed <= 50; seed += 1) {
      const [found] = findReuseBand('sweep', sweep({ fromSec, toSec: 60.5 }, 0, seed), 'preserved', true);
      expect(found?.confidence, `seed ${seed}`).toBe('high');
      expect(Math.abs(Number(found?.['toSec']) - 60) / 60, `seed ${seed}`).toBeLessThan(0.05);
      if (Math.abs(Number(found?.['fromSec']) - fromSec) / fromSec >= 0.2) misses.push(seed);
    }
    // Twelve pairs at the first age within the band may all be lucky, once in 4,096.
    expect(misses.length, `seeds ${misses}`).toBeLessThanOrEqual(1);
  });

  it('is found beneath a background of lost SYNs', () => {
    const [found] = findReuseBand('sweep', sweep({ fromSec: 5, toSec: 60.5 }, 0.03, 7), 'preserved', true);
    expect(Number(found?.['fromSec'])).toBeGreaterThan(4);
    expect(Number(found?.['fromSec'])).toBeLessThan(6);
  });

  it('is not seen where nothing stalls, nor where 1 % of all does', () => {
    for (const background of [0, 0.01]) {
      for (let seed = 1; seed <= 50; seed += 1) {
        const [found] = findReuseBand('sweep', sweep(NO_BAND, background, seed), 'preserved', true);
        expect(found, `${background} ${seed}`).toMatchObject({ kind: 'reuse-band', confidence: 'none' });
        expect(found?.text).toMatch(/^no band: /);
      }
    }
  });

  it('says that a NAT which reassigns ports would look like no band, unless it is known to keep them', () => {
    const clean = sweep(NO_BAND, 0, 1);
    expect(findReuseBand('sweep', clean, 'unknown', true)[0]?.text).toContain(
      'if source ports are changed on the way',
    );
    expect(findReuseBand('sweep', clean, 'preserved', true)[0]?.text).not.toContain('reassigns');
  });

  it('is declined where the NAT is known to reassign ports, whatever was counted', () => {
    const [found] = findReuseBand('sweep', sweep({ fromSec: 1, toSec: 60 }, 0, 1), 'reassigned', true);
    expect(found).toMatchObject({ confidence: 'none' });
    expect(found?.text).toContain('the far end saw source ports other than');
    expect(found?.['fromSec']).toBeUndefined();
  });

  it('gives no edge that it has not seen: only a bound', () => {
    const [found] = findReuseBand('sweep', sweep({ fromSec: 1, toSec: 1_000 }, 0, 3), 'preserved', true);
    expect(found?.confidence).toBe('medium');
    expect(found?.text).toContain('70 s or more');
  });

  it('says nothing of a handful of attempts', () => {
    expect(findReuseBand('sweep', { 1000: { attempts: 5, stalled: 5 } }, 'preserved', true)).toEqual([]);
  });

  it('has no edges under load, where ages are not chosen', () => {
    const ports = {
      15: { attempts: 3, stalled: 0 },
      2370: { attempts: 5_000, stalled: 800 },
      2610: { attempts: 5_000, stalled: 900 },
      4640: { attempts: 900, stalled: 0 },
    };
    const [found] = findReuseBand('stress', ports, undefined, false);
    expect(found).toMatchObject({ confidence: 'medium', fromSec: 2.37, toSec: 2.61 });
    expect(found?.text).toContain('from 2.37 s or less');
  });
});
