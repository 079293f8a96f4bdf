import type { HistogramsByTag } from '../../metrics/histogram.ts';
import type { Arm } from '../../scenario/types.ts';
import { countBetween, type RecordedTime, recordedTimes } from '../recorded-times.ts';
import type { Finding } from '../types.ts';
import type { Finder } from './finder.ts';

const SECOND_US = 1_000_000;

/** Times that people and vendors set timers to, seconds: DOMAIN's examples are 5, 15 and 45. */
const ROUND_SEC = [
  ...Array.from({ length: 20 }, (_, index) => index + 1),
  ...[25, 30, 35, 40, 45, 50, 55, 60, 75, 90, 100, 110, 120, 150, 180, 240, 300, 600],
];

/** Timers fire late rather than early, and clocks differ: a spike lies this close to its round number. */
const SLACK = 0.01;

/** A window wider than this, relative to its round number, takes in what just happens to be near. */
const WIDEST = 0.1;

/** Fewer are not a cluster, in one arm or in several together. */
const FEWEST = 10;
/** Of an arm that has a part of one. */
const FEWEST_OF_PART = 2;

/** How many times as many as in the windows beside it. */
const STANDS_OUT = 5;

/** TCP's own first timeouts after a second and after 200 ms have steps here (RFC 6298; 0.2 + 0.4 + 0.8 + 1.6 s). */
const STEPS_OF_TCP_SEC: readonly number[] = [1, 3];

/** Of what was timed, with what comes before it: a wait that was there already then is not this one's. */
const STAGES = [
  { name: 'first bytes', tag: 'firstByte-service', before: ['handshake-service'] },
  { name: 'responses', tag: 'total-service', before: ['firstByte-service', 'handshake-service'] },
] as const;

interface Cluster {
  readonly arm: string;
  readonly what: string;
  readonly atSec: number;
  readonly count: number;
  readonly of: number;
}

export const latencyCluster: Finder = {
  inRun: ({ scenario, histograms }) => findLatencyClusters(scenario.arms, histograms),
};

/**
 * Waits that cluster at a round number of seconds, as if a timeout somewhere let things pass when it expires. Excluded
 * are stalled handshakes, and attempts that this program abandoned, which have no duration.
 */
export function findLatencyClusters(arms: readonly Arm[], histograms: HistogramsByTag): Finding[] {
  const parts = arms.flatMap((arm) => clustersOf(arm, histograms));
  const clusters = parts.filter((part) => {
    // TCP's own come in every arm that loses something.
    if (part.count >= FEWEST || STEPS_OF_TCP_SEC.includes(part.atSec)) return part.count >= FEWEST;
    const alike = parts.filter(({ what, atSec }) => what === part.what && atSec === part.atSec);
    return alike.reduce((sum, { count }) => sum + count, 0) >= FEWEST;
  });
  return clusters.map((cluster) => {
    const isShared = clusters.some(({ arm, atSec }) => arm !== cluster.arm && atSec === cluster.atSec);
    return describe(cluster, isShared);
  });
}

function describe({ arm, what, atSec, count, of }: Cluster, isShared: boolean): Finding {
  const isTcp = STEPS_OF_TCP_SEC.includes(atSec);
  const doubt = isTcp ? "; TCP's own retransmissions occur at such times, too" : '';
  const where = isShared ? '; other arms show the same' : '';
  return {
    kind: 'latency-cluster',
    arm,
    confidence: isTcp ? 'low' : isShared ? 'high' : 'medium',
    atSec,
    count,
    text: `${count} of ${of} ${what} came ${atSec} s late, with hardly any just above or below${doubt}${where}`,
  };
}

function clustersOf(arm: Arm, histograms: HistogramsByTag): Cluster[] {
  const timesOf = (tag: string): RecordedTime[] => recordedTimes(histograms.get(`${arm.name}.${tag}`));
  return STAGES.flatMap(({ name, tag, before }) => {
    const times = timesOf(tag);
    const earlier = before.map(timesOf).find((found) => found.length > 0) ?? [];
    const of = times.reduce((sum, { count }) => sum + count, 0);
    return findClusters(times, earlier, FEWEST_OF_PART).map((cluster) => ({
      arm: arm.name,
      what: name,
      ...cluster,
      of,
    }));
  });
}

/**
 * Round numbers of seconds at which waits cluster, and how many do.
 * @param earlier what had been waited for in the stage before, with which `times` begin
 * @param fewest fewer are none
 */
export function findClusters(
  times: readonly RecordedTime[],
  earlier: readonly RecordedTime[],
  fewest = FEWEST,
): { readonly atSec: number; readonly count: number }[] {
  return ROUND_SEC.flatMap((atSec) => {
    const count = countCluster(times, earlier, atSec * SECOND_US, fewest);
    return count === 0 ? [] : [{ atSec, count }];
  });
}

/** Number of attempts that waited for that long in addition to the usual time; 0 if they do not stand out. */
function countCluster(
  times: readonly RecordedTime[],
  earlier: readonly RecordedTime[],
  atUs: number,
  fewest: number,
): number {
  const quick = quickOnes(times, atUs);
  const fromUs = atUs * (1 - SLACK) + quick.leastUs;
  const widthUs = atUs * SLACK * 2 + quick.mostUs - quick.leastUs;
  if (widthUs > atUs * WIDEST) return 0;
  // What was late in the stage before is late in this one by as much and the usual time.
  const addedIn = (startUs: number): number =>
    countBetween(times, startUs, startUs + widthUs) -
    countBetween(earlier, startUs - quick.mostUs, startUs + widthUs);
  const count = addedIn(fromUs);
  const beside = [-2, -1, 1, 2].map((windows) =>
    Math.max(0, countBetween(times, fromUs + windows * widthUs, fromUs + (windows + 1) * widthUs)),
  );
  const usual = beside.reduce((sum, found) => sum + found, 0) / beside.length;
  return count >= fewest && count >= STANDS_OUT * usual ? count : 0;
}

/** Of those that did not wait: the quickest, and where nine in ten of them were through. */
function quickOnes(times: readonly RecordedTime[], atUs: number): { leastUs: number; mostUs: number } {
  const quick = times.filter(({ us }) => us < atUs / 2);
  const total = quick.reduce((sum, { count }) => sum + count, 0);
  let seen = 0;
  for (const { us, count } of quick) {
    seen += count;
    if (seen >= total * 0.9) return { leastUs: quick[0]!.us, mostUs: us };
  }
  return { leastUs: 0, mostUs: 0 };
}
