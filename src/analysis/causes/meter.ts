import { isDeepStrictEqual } from 'node:util';
import { meanOf } from '../median.ts';
import { type Joint, joinArms, sumUp } from '../observations/joint.ts';
import type { ArmSeen } from '../observations/types.ts';
import { wilsonInterval } from '../wilson.ts';
import { besideOf } from './cuts.ts';
import { perSymptom } from './per-symptom.ts';

/** A second in which this share of the starts failed, as in the one before, is above a limit; fewer such seconds show no level. */
const ABOVE_FROM = 0.05;
const FEWEST_SECONDS = 10;
const BEYOND = 1.05;

/** Of what was started in those seconds; a meter lets through what it lets through, and the rest gives up. */
const NEARLY_ALL = 0.95;

/** How little what gets through may differ from second to second: a meter's bursts and the edges of seconds aside, one in ten on either side. */
const STEADY = 0.06;
const TRIMMED = 0.1;

/** How much what was tried must differ, nine in ten of those seconds, and how little of that may show in what got through. */
const APART = 1.1;
const FOLLOWS = 0.3;

/** So many seconds' worth open at once leave no pool whose rests counts of seconds could hide. */
const SHORT_REST_SEC = 3;

/** Requests enough to say whether they are lost as SYNs are, and how long they wait. What lets few through carries few. */
const ENOUGH_REQUESTS = 20;

/**
 * That all arms together got the same number through in each second, whatever was tried, while many times that number were open: what
 * counts new connections a second does that, and nothing that has room for so many, or drops a share.
 */
export const describeMeter = perSymptom((symptom, seen): string | undefined => {
  if (symptom.kind !== 'stalled') return undefined;
  // Other clients send their SYNs again at other times.
  const alike = (arm: ArmSeen): boolean => isDeepStrictEqual(arm.arm.client, symptom.arm.arm.client);
  const all = seen.arms.filter(alike);
  const besides = besideOf(symptom, seen).filter(alike);
  const meanwhile = all.filter((arm) => isMeanwhile(arm, symptom.arm));
  const ofSource = besides.filter((arm) => isDeepStrictEqual(sourcesOf(arm), sourcesOf(symptom.arm)));
  const others = seen.arms.filter((arm) => !ofSource.includes(arm));
  return (
    describeGroup(besides) ??
    describeGroup(all) ??
    describeGroup(meanwhile, { asking: all, when: ' of all arms together that ran then' }) ??
    describeGroup(ofSource, {
      ...{ asking: besides, when: ' in which nothing was tried from any other address' },
      isCounted: (second) => others.every(({ series }) => (series.bySecond.get(second)?.started ?? 0) === 0),
    })
  );
});

const sourcesOf = ({ arm }: ArmSeen) => arm.source?.addresses ?? [];

/** Whether arms had starts in the same seconds: what counts for each source lets more through where several sent. */
function isMeanwhile(one: ArmSeen, other: ArmSeen): boolean {
  return [...one.series.bySecond].some(
    ([second, { started }]) => started > 0 && (other.series.bySecond.get(second)?.started ?? 0) > 0,
  );
}

interface Group {
  /** Arms whose requests tell whether SYNs alone are lost; default: these. */
  readonly asking?: readonly ArmSeen[];
  /** What is said of the arms and of their seconds. */
  readonly when?: string;
  /** Default: every second. */
  readonly isCounted?: (second: number) => boolean;
}

function describeGroup(
  arms: readonly ArmSeen[],
  { asking = arms, when = ' of all arms together', isCounted = () => true }: Group = {},
): string | undefined {
  const joint = joinArms(arms);
  if (joint === undefined || !areSynsAlone(asking)) return undefined;
  const level = findLevel(joint, isCounted);
  if (level === undefined) return undefined;
  const { perSec, fromPerSec, toPerSec, open } = level;
  if (open < perSec * SHORT_REST_SEC || isQueue(arms, perSec)) return undefined;
  return `about ${Math.round(perSec)}/s got through in each second${when}, whether ${fromPerSec} or ${toPerSec}/s were tried, with up to ${open} open at once`;
}

interface Level {
  readonly perSec: number;
  /** What was tried: nine in ten seconds. */
  readonly fromPerSec: number;
  readonly toPerSec: number;
  /** Most that were open at the end of one of those seconds. */
  readonly open: number;
}

function findLevel(
  { started, through, bad, ended }: Joint,
  isCounted: (second: number) => boolean,
): Level | undefined {
  const isAbove = (second: number): boolean =>
    isCounted(second) && (started[second] ?? 0) > 0 && bad[second]! >= started[second]! * ABOVE_FROM;
  const failing = started.flatMap((_, second) => (isAbove(second) && isAbove(second - 1) ? [second] : []));
  // What lets nearly all pass in the end refuses none for want of room in a second, however many it keeps waiting.
  if (sumOf(failing, through) >= sumOf(failing, started) * NEARLY_ALL) return undefined;
  // A small burst fails some below the level as well, where several begin at once.
  const about = quantile(
    failing.map((second) => through[second]!),
    0.5,
  );
  const above = failing.filter((second) => started[second]! >= about * BEYOND);
  if (above.length < FEWEST_SECONDS) return undefined;
  const tried = above.map((second) => started[second]!);
  const passed = above.map((second) => through[second]!);
  const [fromPerSec, toPerSec] = [quantile(tried, TRIMMED), quantile(tried, 1 - TRIMMED)];
  const [low, high] = [quantile(passed, TRIMMED), quantile(passed, 1 - TRIMMED)];
  const middle = passed.filter((count) => count >= low && count <= high);
  const perSec = meanOf(middle);
  const spread = Math.sqrt(meanOf(middle.map((count) => (count - perSec) ** 2))) / perSec;
  if (!(spread <= STEADY) || toPerSec < fromPerSec * APART) return undefined;
  if (Math.abs(slopeOf(tried, passed)) > (FOLLOWS * perSec) / meanOf(tried)) return undefined;
  const sums = sumUp(through);
  const ends = sumUp(ended);
  return {
    perSec,
    fromPerSec,
    toPerSec,
    open: Math.max(...above.map((second) => sums[second]! - ends[second]!)),
  };
}

/** What polices packets or bytes, and a path that loses some, hits requests as well. */
function areSynsAlone(arms: readonly ArmSeen[]): boolean {
  const resent = arms.flatMap(({ summary: { requestsResent } }) => requestsResent ?? []);
  const count = resent.reduce((sum, one) => sum + one.count, 0);
  const measured = resent.reduce((sum, one) => sum + one.measured, 0);
  const stalled = arms.reduce((sum, one) => sum + one.stalled, 0);
  const started = arms.reduce((sum, one) => sum + one.started, 0);
  return (
    measured >= ENOUGH_REQUESTS &&
    wilsonInterval(count, measured)[1] * 4 < wilsonInterval(Math.min(stalled, started), started)[0]
  );
}

/** Behind a queue from which so many a second are taken, each waits longer than for one of them; ports on which nothing listens have none. */
function isQueue(arms: readonly ArmSeen[], perSec: number): boolean {
  const closed = arms.filter(({ arm, started }) => arm.expect.kind === 'refused' && started > 0);
  if (closed.some(({ stalled, started }) => stalled >= started * ABOVE_FROM)) return false;
  const waits = arms.flatMap(({ summary: { service } }) =>
    service.firstByteUs.count < ENOUGH_REQUESTS ? [] : service.firstByteUs.p50 - service.handshakeUs.p50,
  );
  return waits.length === 0 || Math.max(...waits) >= 1_000_000 / perSec;
}

function sumOf(seconds: readonly number[], counts: readonly number[]): number {
  return seconds.reduce((sum, second) => sum + counts[second]!, 0);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function slopeOf(xs: readonly number[], ys: readonly number[]): number {
  const [meanX, meanY] = [meanOf(xs), meanOf(ys)];
  const squares = xs.reduce((sum, x) => sum + (x - meanX) ** 2, 0);
  return squares === 0
    ? 0
    : xs.reduce((sum, x, index) => sum + (x - meanX) * (ys[index]! - meanY), 0) / squares;
}
