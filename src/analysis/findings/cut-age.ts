import type { Histogram } from '../../metrics/histogram.ts';
import type { Arm } from '../../scenario/types.ts';
import { watchedUs } from '../measured-time.ts';
import type { ArmSummary, Finding } from '../types.ts';
import type { Finder } from './finder.ts';

/** Cuts this close together, relative to their age, are one timer's doing. */
const NARROW_SPREAD = 0.05;

/** Fewer cuts than this are no pattern. */
const ENOUGH_CUTS = 10;

export const cutAge: Finder = {
  inArm: (arm, { arms, histograms, tally }) =>
    findCutAge(
      arm,
      arms[arm.name]!,
      histograms.get(`${arm.name}.cutAge`),
      watchedUs(tally.series(arm.name).counts, tally.lastSecond),
    ),
};

/**
 * The age at which something cuts connections that are kept open.
 * @param watchedUs from the arm's first start to the end of what was recorded: a run that was cut short, or a stop that
 * released what was held, watched none for longer
 */
export function findCutAge(
  arm: Arm,
  summary: ArmSummary,
  cutAge: Histogram | undefined,
  watchedUs: number,
): Finding[] {
  if (arm.holdUs === 0) return [];
  const held = summary.established;
  if (cutAge === undefined || cutAge.totalCount === 0) {
    const text =
      held === 0
        ? 'no connection was established, so none could be cut'
        : `${held} connections were held for up to ${heldSec(arm.holdUs, watchedUs)} s and none was cut`;
    return [{ kind: 'cut-age', arm: arm.name, confidence: 'none', count: 0, text }];
  }
  const seconds = (percentile: number): number =>
    Math.round(cutAge.getValueAtPercentile(percentile) / 1_000) / 1_000;
  const [p10, p50, p90] = [seconds(10), seconds(50), seconds(90)];
  const count = cutAge.totalCount;
  const isNarrow = p90 - p10 <= NARROW_SPREAD * p50;
  const confidence =
    isNarrow && count >= ENOUGH_CUTS ? 'high' : isNarrow || count >= ENOUGH_CUTS ? 'medium' : 'low';
  const text = `${count} of ${held} held connections were cut at an age of ${p50} s (p10 ${p10} s, p90 ${p90} s)`;
  return [{ kind: 'cut-age', arm: arm.name, confidence, ageSec: p50, count, text }];
}

function heldSec(holdUs: number, watchedUs: number): number {
  return watchedUs < holdUs ? Math.floor(watchedUs / 100_000) / 10 : holdUs / 1_000_000;
}
