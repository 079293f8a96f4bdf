import { type Joint, joinArms } from '../observations/joint.ts';
import type { ArmSeen, Observations, Symptom } from '../observations/types.ts';
import { besideOf, countCut, FEWEST_CUT } from './cuts.ts';
import { MOST } from './judgements.ts';
import { perSymptom } from './per-symptom.ts';

/** Fewer RSTs that were captured may be an accident. */
const FEWEST_RESETS = 5;

/** Fewer in a second, or fewer of them refused, may be any accident as the load began. */
const FEWEST_TRIED = 10;
const FEWEST_REFUSED = 5;

/** Of a single time neither beginning nor end of which was seen, anything might be the reason. */
const FEWEST_PARTS = 2;

/** What refuses keeps silent of hardly any. */
const HARDLY_ANY = 0.05;

/** When nearly all that came to an endpoint was refused. */
interface DownTime {
  readonly fromSec: number;
  readonly toSec: number;
  /** Others were tried before and after it; otherwise its beginning or its end alone was seen. */
  readonly isWhole: boolean;
}

/**
 * Times in which the far end itself refused whatever came to an endpoint, of any arm, and at whose beginning what was open ended: no
 * limit refuses what each connection that ends makes room for.
 */
export const describeDownTimes = perSymptom((symptom, seen): string | undefined => {
  if (symptom.kind !== 'refused') return undefined;
  const beside = besideOf(symptom, seen);
  const times = listDownTimes(beside);
  const whole = times.filter(({ isWhole }) => isWhole);
  const parts = times.filter((time) => !time.isWhole && countCut(beside, [time]) >= FEWEST_CUT);
  if (whole.length === 0 && parts.length < FEWEST_PARTS) return undefined;
  if (refusedIn(symptom, times) < symptom.count * MOST) return undefined;
  const cut = countCut(beside, times);
  const { own, all } = countResets(beside);
  if (cut < FEWEST_CUT || all < FEWEST_RESETS || own < all * MOST) return undefined;
  const resets = `${own} of ${all} RSTs have the TTL of the endpoint's own SYN-ACKs`;
  if (whole.length === 0)
    return `every arm to that endpoint was refused ${parts.length} times, when it was tried again after a pause or last before one; ${resets}, and ${cut} connections were cut as that began`;
  const lengths = whole.map(({ fromSec, toSec }) => Math.round((toSec - fromSec) * 10) / 10);
  const [least, most] = [Math.min(...lengths), Math.max(...lengths)];
  const long = least === most ? `${least} s` : `${least} to ${most} s`;
  const often = whole.length === 1 ? `for ${long}` : `${whole.length} times, for ${long} each`;
  return `every arm to that endpoint was refused ${often}; ${resets}, and ${cut} connections were cut as ${whole.length === 1 ? 'that' : 'they'} began`;
});

/** Stretches in which nearly all that came to an endpoint was refused, of all these arms together. */
export function listDownTimes(beside: readonly ArmSeen[]): readonly DownTime[] {
  const joint = joinArms(beside);
  if (joint === undefined) return [];
  const whole = joint.outages.filter(
    ({ started, refused, stalled }) => refused >= started * MOST && stalled <= refused * HARDLY_ANY,
  );
  return [
    ...whole.map((one) => ({ ...one, isWhole: true })),
    ...listBeginnings(joint, beside),
    ...listEnds(joint),
  ];
}

/** Refused in the last seconds in which anything was tried, as what was open ended: nobody saw how long it went on. */
function listBeginnings(joint: Joint, beside: readonly ArmSeen[]): DownTime[] {
  const { started, refused, bad } = joint;
  return started.flatMap((count, last) => {
    const isLast = count >= FEWEST_TRIED && (started[last + 1] ?? 0) === 0;
    if (!isLast || (refused[last] ?? 0) < FEWEST_REFUSED) return [];
    const first = turnOfRefusals(joint, last, -1);
    const failed = refused[first] ?? 0;
    if (bad[first - 1] !== 0 || failed !== bad[first]) return [];
    const time = { fromSec: first + 1 - failed / started[first]!, toSec: last + 1, isWhole: false };
    return countCut(beside, [time]) >= FEWEST_CUT ? [time] : [];
  });
}

/** Refused as the load began, and no longer some seconds later: it had been so before anything was tried. */
function listEnds(joint: Joint): DownTime[] {
  const { started, refused, bad } = joint;
  return started.flatMap((count, first) => {
    const isFirst = count >= FEWEST_TRIED && (started[first - 1] ?? 0) === 0;
    if (!isFirst || (refused[first] ?? 0) < FEWEST_REFUSED) return [];
    const last = turnOfRefusals(joint, first, 1);
    const failed = refused[last] ?? 0;
    const isOver = (started[last + 1] ?? 0) > 0 && bad[last + 1] === 0;
    return isOver && failed === bad[last]
      ? [{ fromSec: first, toSec: last + failed / started[last]!, isWhole: false }]
      : [];
  });
}

/** From a second on, one way or the other: the last one in which any were refused, after others in which all were. */
function turnOfRefusals({ started, refused }: Joint, from: number, step: 1 | -1): number {
  let second = from;
  while (refused[second] === started[second] && (refused[second + step] ?? 0) > 0) second += step;
  return second;
}

/** Of the refusals of a symptom, the share that lies in or beside such times of its endpoint, or of all endpoints together. */
export function shareInDownTimes(symptom: Symptom, seen: Observations): number {
  const open = seen.arms.filter(({ arm }) => arm.expect.kind !== 'refused');
  const times = [...listDownTimes(besideOf(symptom, seen)), ...listDownTimes(open)];
  return refusedIn(symptom, times) / Math.max(1, symptom.count);
}

/** A stretch begins and ends within a second. */
function refusedIn({ arm: { series } }: Symptom, times: readonly DownTime[]): number {
  let sum = 0;
  for (const [second, { started, refused }] of series.bySecond)
    if (times.some(({ fromSec, toSec }) => second >= Math.floor(fromSec) - 1 && second <= Math.ceil(toSec)))
      sum += Math.min(started, refused);
  return sum;
}

function countResets(arms: readonly ArmSeen[]): { readonly own: number; readonly all: number } {
  let [own, all] = [0, 0];
  for (const { summary } of arms) {
    const met = Object.entries(summary.answers?.['refused'] ?? {}).filter(([name]) => name !== 'not-held');
    own += met.reduce((sum, [name, count]) => sum + (name === 'rst' ? count : 0), 0);
    all += met.reduce((sum, [, count]) => sum + count, 0);
  }
  return { own, all };
}
