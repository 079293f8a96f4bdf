import { stretchesOf } from '../../scenario/load-shape.ts';
import type { Arm } from '../../scenario/types.ts';
import type { SeriesTally } from '../tally.ts';
import type { Finding } from '../types.ts';
import type { Finder } from './finder.ts';

/**
 * Stalled, failed or unsent share of the scheduled attempts: above it a step is past the knee. RFC 9411 asks for <
 * 0.001 %.
 */
const MAX_BAD_SHARE = 0.001;

/** A step of a load, with what happened in the seconds that lie entirely within it. */
export interface Level {
  readonly ratePerSec: number;
  /** The first second that lies entirely within it. */
  readonly fromSec: number;
  /** How many those are. */
  readonly seconds: number;
  readonly established: number;
  readonly scheduled: number;
  readonly stalled: number;
  readonly failed: number;
  readonly unsent: number;
}

export const knee: Finder = { inArm: (arm, { tally }) => findKnee(arm, tally.series(arm.name)) };

/** The highest rate of a stepped load at which handshakes did not stall yet, and nothing failed or was unsent. */
export function findKnee(arm: Arm, series: SeriesTally): Finding[] {
  if (arm.load.kind !== 'open' || !arm.load.phases.some(({ kind }) => kind === 'step')) return [];
  // Steps may also go down.
  const levels = levelsOf(arm, series)
    .filter(({ scheduled }) => scheduled > 0)
    .sort((a, b) => a.ratePerSec - b.ratePerSec);
  if (levels.length < 2) {
    const text = 'finding a knee takes two steps or more, each with a whole second of load';
    return [{ kind: 'knee', arm: arm.name, confidence: 'none', text }];
  }
  const firstBad = levels.findIndex(isBad);
  const highest = levels[levels.length - 1]!.ratePerSec;
  if (firstBad < 0) {
    return [
      finding(
        arm,
        'none',
        highest,
        `no knee up to ${highest}/s: no stalls, failures or unsent attempts above 0.1 %`,
      ),
    ];
  }
  const bad = levels[firstBad]!;
  const why = describe(bad);
  if (firstBad === 0) {
    const text = `the knee is below the lowest step: already at ${bad.ratePerSec}/s, ${why}`;
    return [finding(arm, 'low', 0, text)];
  }
  const good = levels[firstBad - 1]!;
  const after = levels.slice(firstBad);
  const staysBad = after.every(isBad);
  const confidence = staysBad && after.length > 1 ? 'high' : staysBad ? 'medium' : 'low';
  const doubt = staysBad ? '' : '; higher steps were clean again, so treat it with caution';
  const text = `clean up to ${good.ratePerSec}/s; at ${bad.ratePerSec}/s, ${why}${doubt}`;
  return [finding(arm, confidence, good.ratePerSec, text)];
}

function finding(arm: Arm, confidence: Finding['confidence'], ratePerSec: number, text: string): Finding {
  return { kind: 'knee', arm: arm.name, confidence, ratePerSec, text };
}

function isBad({ scheduled, stalled, failed, unsent }: Level): boolean {
  return stalled + failed + unsent > scheduled * MAX_BAD_SHARE;
}

function describe({ scheduled, stalled, failed, unsent }: Level): string {
  const share = (count: number): string => `${Math.round((count / scheduled) * 1_000) / 10} %`;
  const parts = [
    ...(stalled > 0 ? [`${stalled} of ${scheduled} handshakes stalled (${share(stalled)})`] : []),
    ...(failed > 0 ? [`${failed} of ${scheduled} attempts failed (${share(failed)})`] : []),
    ...(unsent > 0
      ? [`${unsent} of ${scheduled} attempts were unsent (${share(unsent)}: this machine's limit)`]
      : []),
  ];
  return parts.join(' and ');
}

/** The steps of a load. @param untilSec seconds from this one on do not count */
export function levelsOf(arm: Arm, { bySecond }: SeriesTally, untilSec = Number.POSITIVE_INFINITY): Level[] {
  if (arm.load.kind !== 'open') return [];
  let atUs = 0;
  return stretchesOf(arm.load).flatMap((stretch) => {
    const from = Math.ceil(atUs / 1_000_000);
    atUs += stretch.forUs;
    const to = Math.min(untilSec, Math.floor(atUs / 1_000_000));
    if (stretch.ramp) return [];
    const seconds = Math.max(0, to - from);
    const none = { established: 0, scheduled: 0, stalled: 0, failed: 0, unsent: 0 };
    const level = { ratePerSec: stretch.fromPerSec, fromSec: from, seconds, ...none };
    for (let second = from; second < to; second += 1) {
      const counts = bySecond.get(second);
      level.established += counts?.established ?? 0;
      level.scheduled += counts?.scheduled ?? 0;
      level.stalled += counts?.stalled ?? 0;
      level.failed += counts?.failed ?? 0;
      level.unsent += counts?.unsent ?? 0;
    }
    return [level];
  });
}
