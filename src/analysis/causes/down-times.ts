import { type Joint, joinArms } from '../observations/joint.ts';
import type { ArmSeen, Symptom } from '../observations/types.ts';
import { besideOf, countCut, FEWEST_CUT } from './cuts.ts';
import { MOST } from './judgements.ts';
import { perSymptom } from './per-symptom.ts';

/** Fewer RSTs that were captured may be an accident. */
const FEWEST_RESETS = 5;

/** Fewer in a second, or fewer of them refused, may be any accident as the load began. */
const FEWEST_TRIED = 10;
const FEWEST_REFUSED = 5;

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
  if (whole.length === 0 || refusedIn(symptom, times) < symptom.count * MOST) return undefined;
  const cut = countCut(beside, times);
  const { own, all } = countResets(beside);
  if (cut < FEWEST_CUT || all < FEWEST_RESETS || own < all * MOST) return undefined;
  const lengths = whole.map(({ fromSec, toSec }) => Math.round((toSec - fromSec) * 10) / 10);
  const [least, most] = [Math.min(...lengths), Math.max(...lengths)];
  const long = least === most ? `${least} s` : `${least} to ${most} s`;
  const often = whole.length === 1 ? `for ${long}` : `${whole.length} times, for ${long} each`;
  return `every arm to that endpoint was refused ${often}; ${own} of ${all} RSTs have the TTL of the endpoint's own SYN-ACKs, and ${cut} connections were cut as ${whole.length === 1 ? 'that' : 'they'} began`;
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

/** Refused in the last second in which anything was tried, as what was open ended: nobody saw how long it went on. */
function listBeginnings({ started, refused, bad }: Joint, beside: readonly ArmSeen[]): DownTime[] {
  return started.flatMap((count, second) => {
    const isLast = count >= FEWEST_TRIED && (started[second + 1] ?? 0) === 0;
    const failed = refused[second] ?? 0;
    if (!isLast || bad[second - 1] !== 0 || failed < FEWEST_REFUSED || failed !== bad[second]) return [];
    const time = { fromSec: second + 1 - failed / count, toSec: second + 1, isWhole: false };
    return countCut(beside, [time]) >= FEWEST_CUT ? [time] : [];
  });
}

/** Refused as the load began, and no longer a second later: it had been so before anything was tried. */
function listEnds({ started, refused, bad }: Joint): DownTime[] {
  return started.flatMap((count, second) => {
    const isFirst = count >= FEWEST_TRIED && (started[second - 1] ?? 0) === 0;
    const failed = refused[second] ?? 0;
    const isOver = (started[second + 1] ?? 0) > 0 && bad[second + 1] === 0;
    return isFirst && isOver && failed >= FEWEST_REFUSED && failed === bad[second]
      ? [{ fromSec: second, toSec: second + failed / count, isWhole: false }]
      : [];
  });
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
