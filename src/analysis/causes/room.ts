import type { ArmSeen, Gap, Observations, Symptom } from '../observations/types.ts';
import { cutsIn } from '../second-columns.ts';
import { besideOf } from './cuts.ts';

/** That a clock of its own made room just as connections were closed must be this unlikely. */
const COINCIDENCE = 0.05;

/** How near to each other numbers are that are the same limit, and how far apart rates that are not the same. */
const SAME_NUMBER = 0.15;
const RATES_APART = 1.5;
/** So many of the fillings agree. */
const MOSTLY = 0.7;

/** Times that timers are set to, seconds: what starts within a second or so of a hold and lasts as long ends with it. */
const ROUND_SEC = [5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 600];
const NEAR_ROUND_SEC = 2.5;

/** What leaves room only for something that is counted up: a clock of its own knows nothing of that. */
export function describeFilling({ arm }: Pick<Symptom, 'arm'>): string | undefined {
  const room = roomCameWithClose(arm);
  if (room !== undefined) return room;
  const same = isShut(arm) ? sameAtEachRate(arm) : undefined;
  return same === undefined
    ? undefined
    : `it was full ${same.times} times with about ${arm.held!.most}, whether ${same.rates.join(' or ')}/s were tried`;
}

/**
 * That there was room as the first connections were closed, and hardly by accident: a timer that began as it was full would have to
 * be of just that length, and people set timers to round times.
 */
export function roomCameWithClose(arm: ArmSeen): string | undefined {
  const { held } = arm;
  if (held === undefined || !isShut(arm)) return undefined;
  const { most, coincidence, release, shortForSec } = held;
  return release !== undefined &&
    release.highSec <= 1 &&
    coincidence <= COINCIDENCE &&
    !isTimersTime(shortForSec)
    ? `it came as ${most} were open, and ended as the first of them were closed`
    : undefined;
}

/** Whether a timer may well be set to about that: what ends after such a time may have ended by itself. */
export function isTimersTime(sec: number): boolean {
  return ROUND_SEC.some((round) => Math.abs(round - sec) <= NEAR_ROUND_SEC);
}

/** Of those tried while it is full, what gets in where short connections beside them give up their slots one by one. */
const FEW_BESIDE = 0.05;

/** Holds this far apart do not end with one clock, told by the second. */
const HOLDS_APART_US = 4_000_000;

/**
 * That there was room as the first were closed, whether connections were held for long or for short: a clock that makes room by itself
 * cannot have been of two lengths.
 */
export function describeTwoHolds({ arm }: Pick<Symptom, 'arm'>, { arms }: Observations): string | undefined {
  if (!madeRoomAtOnce(arm)) return undefined;
  const other = arms.find(
    (one) =>
      madeRoomAtOnce(one) &&
      Math.abs(one.arm.holdUs - arm.arm.holdUs) >= HOLDS_APART_US &&
      Math.abs(one.held!.most - arm.held!.most) <= Math.max(2, arm.held!.most * SAME_NUMBER) &&
      Object.keys(one.summary.endpoints).some((endpoint) => endpoint in arm.summary.endpoints),
  );
  if (other === undefined) return undefined;
  const [short, long] = [arm, other]
    .map(({ arm: { holdUs } }) => Math.round(holdUs / 1_000_000))
    .sort((a, b) => a - b);
  return `with about ${arm.held!.most} open it was full, and there was room as the first were closed, whether they were held for ${short} s or for ${long} s`;
}

/** Either of the two. */
export function describeCounting(symptom: Pick<Symptom, 'arm'>, seen: Observations): string | undefined {
  return describeFilling(symptom) ?? describeTwoHolds(symptom, seen);
}

function madeRoomAtOnce(arm: ArmSeen): boolean {
  const { held } = arm;
  return held?.release !== undefined && held.release.highSec <= 1 && held.shortForSec >= 3 && isFilled(arm);
}

/** That it was full with the same number each time, though not as many a second were tried: a clock knows nothing of that. */
export function sameAtEachRate({
  held,
}: ArmSeen): { readonly times: number; readonly rates: readonly number[] } | undefined {
  const { most = 0, fillings = [] } = held ?? {};
  const same = fillings.filter(({ count }) => Math.abs(count - most) <= Math.max(2, most * SAME_NUMBER));
  const rates = same.map(({ perSec }) => Math.round(perSec));
  const [least, greatest] = [Math.min(...rates), Math.max(...rates)];
  return same.length >= 2 && same.length >= fillings.length * MOSTLY && greatest >= least * RATES_APART
    ? { times: same.length, rates: [greatest, least] }
    : undefined;
}

/** The same where short connections beside it come and go. */
export function isFilled(arm: ArmSeen): boolean {
  return isShut(arm, FEW_BESIDE);
}

/** Hardly anything got in between filling and the first close: what was tried then is enough to say so. */
export function isShut({ held }: ArmSeen, few = 0.02): boolean {
  return (
    held !== undefined &&
    held.startedMeanwhile >= 20 &&
    held.establishedMeanwhile <= held.startedMeanwhile * few
  );
}

/** So many times room came back; and of starts in the seconds after each, as many as show that it did. */
const TIMES = 2;
const FEWEST_AFTER = 5;
const AFTER_SEC = 2;

/**
 * That connections were held, and that there was room again, several times, before any of them had been closed: nothing that is counted
 * or handed out had been given back. Of a gap beside it, that of the arm itself or of another.
 */
export function describeUnclosedRoom(symptom: Pick<Symptom, 'arm'>, seen: Observations): string | undefined {
  for (const arm of besideOf(symptom, seen)) {
    const { holdUs } = arm.arm;
    const firstCloseSec = (arm.series.counts.firstBegunUs + holdUs) / 1_000_000;
    if (holdUs === 0 || countCutsBefore(arm, firstCloseSec) > 0) continue;
    const times = arm.gaps.filter(
      ({ isWhole, toSec }) =>
        isWhole && toSec + AFTER_SEC < firstCloseSec && establishedAfter(arm, toSec) >= FEWEST_AFTER,
    );
    const isSame = arm.name === symptom.arm.name || times.some((gap) => meets(symptom.arm, gap));
    if (times.length < TIMES || !isSame) continue;
    return `${times.length} times there was room again (arm ${arm.name}) before any of its connections had been closed`;
  }
  return undefined;
}

function establishedAfter({ series }: ArmSeen, sec: number): number {
  let sum = 0;
  for (let second = Math.ceil(sec); second < Math.ceil(sec) + AFTER_SEC; second += 1)
    sum += series.bySecond.get(second)?.established ?? 0;
  return sum;
}

function countCutsBefore({ series }: ArmSeen, sec: number): number {
  return [...series.bySecond]
    .filter(([second]) => second < sec)
    .reduce((sum, [, counts]) => sum + cutsIn(counts), 0);
}

function meets({ gaps }: ArmSeen, { fromSec, toSec }: Gap): boolean {
  return gaps.some((gap) => gap.fromSec < toSec && fromSec < gap.toSec);
}
