import { cutsOf } from '../observations/contrasts.ts';
import type { ArmSeen, Observations, Symptom } from '../observations/types.ts';
import { cutsIn } from '../second-columns.ts';
import type { ProofsAtAge } from '../types.ts';

/** Fewer proved at one age show no rule. */
export const FEWEST_PROVED = 10;

/** By how much longer than the ages differ, so that several were asked late. */
const OVERLAP = 1.1;

export interface Edge {
  readonly alive: ProofsAtAge;
  readonly gone: ProofsAtAge;
}

/** Cuts that came to light only as something was sent, and those that were told by RST or FIN as they came. */
export function splitCuts({ arm }: Symptom): { readonly found: number; readonly told: number } {
  const found = (arm.summary.proofs ?? []).reduce((sum, { cuts }) => sum + sumOf(cuts), 0);
  return { found, told: Math.max(0, cutsOf(arm.summary) - found) };
}

/**
 * Whether an age, and no event, tells those that lived from those that did not. What happens once, after the last of the young ones
 * was asked and before the first of the old ones was, leaves the same two numbers; it takes starts over more than the two ages differ
 * by for some young ones to live on after old ones were gone.
 */
export function isNoEvent(symptom: Symptom, { alive, gone }: Edge): boolean {
  return startSpanSec(symptom) >= Math.max(2, (gone.ageSec - alive.ageSec) * OVERLAP);
}

/** An age at which nearly all still lived, and the next at which nearly none did. */
export function findEdge({ arm }: Symptom): Edge | undefined {
  const proofs = (arm.summary.proofs ?? []).filter(({ alive, cuts }) => alive + sumOf(cuts) >= FEWEST_PROVED);
  const gone = proofs.find(({ alive, cuts }) => sumOf(cuts) >= (alive + sumOf(cuts)) * 0.9);
  const lived = proofs.findLast(
    ({ ageSec, alive, cuts }) => gone !== undefined && ageSec < gone.ageSec && sumOf(cuts) <= alive * 0.02,
  );
  return gone === undefined || lived === undefined ? undefined : { alive: lived, gone };
}

export function sumOf(cuts: ProofsAtAge['cuts']): number {
  return Object.values(cuts).reduce((sum, count) => sum + count, 0);
}

/** Seconds between the first and the last start of the arm. */
export function startSpanSec({ arm }: Symptom): number {
  const { firstBegunUs, lastBegunUs } = arm.series.counts;
  return firstBegunUs < 0 ? 0 : (lastBegunUs - firstBegunUs) / 1_000_000;
}

/**
 * Held connections that were cut as a stretch began in which others failed: within a second of its first second, or before that since
 * the last one was accepted, where nothing had been tried in between.
 */
function countCutsAt({ arm, series }: ArmSeen, atSec: number, beside: readonly ArmSeen[]): number {
  if (arm.holdUs === 0) return 0;
  const begun = Math.floor(atSec);
  let cut = 0;
  for (let second = Math.min(begun - 1, lastAcceptedSec(beside, begun)); second <= begun + 1; second += 1) {
    const counts = series.bySecond.get(second);
    if (counts !== undefined) cut += cutsIn(counts);
  }
  return cut;
}

/** Held connections that were cut while nothing was tried, by any of those beside: not in the second itself, the one before or the one after. */
export function countCutsUntried({ series }: ArmSeen, beside: readonly ArmSeen[]): number {
  let cut = 0;
  for (const [second, counts] of series.bySecond) {
    const isTried = beside.some((arm) =>
      [-1, 0, 1].some((by) => (arm.series.bySecond.get(second + by)?.started ?? 0) > 0),
    );
    if (!isTried) cut += cutsIn(counts);
  }
  return cut;
}

/** Fewer that were cut may be an accident. */
export const FEWEST_CUT = 10;

/** Held connections of these arms that were cut as any of these stretches began. */
export function countCut(
  of: readonly ArmSeen[],
  stretches: readonly { readonly fromSec: number }[],
  beside: readonly ArmSeen[] = of,
): number {
  return stretches.reduce(
    (sum, { fromSec }) => sum + of.reduce((all, arm) => all + countCutsAt(arm, fromSec, beside), 0),
    0,
  );
}

/** The last second before this one in which any of them was established; this one, if none was. */
function lastAcceptedSec(arms: readonly ArmSeen[], beforeSec: number): number {
  let last = Number.NEGATIVE_INFINITY;
  for (const { series } of arms)
    for (const [second, { established }] of series.bySecond)
      if (established > 0 && second < beforeSec) last = Math.max(last, second);
  return Number.isFinite(last) ? last : beforeSec;
}

/** Arms that connect to an endpoint of another. */
export function besideOf({ arm }: Pick<Symptom, 'arm'>, { arms }: Observations): readonly ArmSeen[] {
  const endpoints = Object.keys(arm.summary.endpoints);
  return arms.filter(({ summary }) => endpoints.some((endpoint) => endpoint in summary.endpoints));
}
