import type { Histogram } from '../../metrics/histogram.ts';
import type { Arm } from '../../scenario/types.ts';
import type { SecondCounts, SeriesTally } from '../tally.ts';
import type { ArmSummary } from '../types.ts';
import type { Finder, FoundAt, Stretch } from './finder.ts';
import { levelsOf } from './knee.ts';

/**
 * What becomes of connections beyond those that are open. `drops`: SYNs meet silence; `refuses`: they are answered by an
 * RST or an ICMP error, or cut as soon as they are established; `evicts-oldest`: new ones get in and the oldest held ones
 * are cut; `evicts`: the same, but those cut are not the oldest; `not-reached`: all got in and lived.
 */
export const WHEN_FULL = ['drops', 'refuses', 'evicts-oldest', 'evicts', 'not-reached'] as const;
export type WhenFull = (typeof WHEN_FULL)[number];

/** Fewer that failed or were cut than this are loss, not a limit. */
const FEWEST = 20;

/** From the limit on, at least this share of each second's starts fails. */
const OUT_ABOVE = 0.9;

/** And of all that is started from then on, at most this share is established: more of it is a limit of the rate. */
const SEEP_THROUGH = 0.1;

/** A connection cut at this age or sooner never got in, microseconds. */
const AT_ONCE_US = 1_000_000;

/** Lost or unsent share up to which a level is without loss, as for the knee. */
const MAX_BAD_SHARE = 0.001;

const SECOND_US = 1_000_000;

type Row = readonly [second: number, counts: SecondCounts];

export const stateTable: Finder = {
  inArm: (arm, { arms, histograms, tally }) =>
    findStateTable(arm, arms[arm.name]!, tally.series(arm.name), histograms.get(`${arm.name}.cutAge`)),
};

/**
 * How many connections were open at once and alive when checked, what became of those beyond, and the highest rate at which
 * they were established without loss before. Nothing tells here what the limit is one of, nor whose.
 * @param cutAges of those connections whose end was seen as it came
 */
export function findStateTable(
  arm: Arm,
  summary: ArmSummary,
  series: SeriesTally,
  cutAges?: Histogram,
): FoundAt[] {
  const base = { kind: 'state-table', arm: arm.name } as const;
  const none = (text: string): FoundAt[] => [{ ...base, confidence: 'none', text }];
  if (arm.via !== 'tcp' || arm.holdUs === 0 || arm.load.kind !== 'open')
    return none('only bare connections (via: tcp) that are opened at a rate and held show how many fit');
  if (summary.established === 0) return none('no connection was established, so none could be counted');
  const { alive, cut, unasked } = followHeld(summary);
  if (alive === 0) {
    return none(
      cut === 0
        ? `none of ${summary.established} connections was checked by keep-alives: hold them longer`
        : `all ${cut} held connections had been cut by the end, so it is unknown how many fit at once`,
    );
  }
  const rows = [...series.bySecond];
  if (closesEarly(arm, series, rows))
    return none(
      'the first connections were closed before the last were tried: hold them at least as long as the load plus the handshake timeout',
    );
  const wall = findWall(rows);
  const seen = { arm, summary, rows, wall, cut, cutAges };
  const whenFull = judgeWhenFull(seen, alive);
  const filled = filledUntil(rows, wall);
  const rate = findRate(arm, series, wall >= 0 ? filled.toSec - 1 : filled.toSec);
  const isWhole = unasked === 0 && (whenFull === 'evicts-oldest' || whenFull === 'evicts' || cut === 0);
  return [
    {
      ...base,
      confidence: whenFull === 'not-reached' ? 'none' : isWhole ? 'high' : 'medium',
      ...{ connections: alive, whenFull },
      ...(rate === undefined ? {} : { establishedPerSec: rate }),
      ...(whenFull === 'not-reached' ? {} : { during: filled }),
      text: [
        `${alive} connections were open at once and alive when checked`,
        describeBeyond(seen, whenFull),
        ...(unasked > 0 ? [`${unasked} more were never checked`] : []),
        rate === undefined
          ? 'no earlier second of the load was without loss'
          : `established without loss up to ${rate}/s`,
      ].join('; '),
    },
  ];
}

interface Seen {
  readonly arm: Arm;
  readonly summary: ArmSummary;
  readonly rows: readonly Row[];
  /** Index of the second in which starts begin to fail, up to the end of the load; -1: they do not. */
  readonly wall: number;
  readonly cut: number;
  readonly cutAges: Histogram | undefined;
}

function followHeld({ established, proofs = [], cuts = {} }: ArmSummary) {
  const alive = proofs.reduce((sum, proof) => sum + proof.alive, 0);
  const cut = sum(Object.values(cuts));
  return { alive, cut, unasked: Math.max(0, established - alive - cut) };
}

/** Whether something was closed while something else could still get in. */
function closesEarly(
  { holdUs, proveUs, handshakeTimeoutUs }: Arm,
  series: SeriesTally,
  rows: readonly Row[],
) {
  const { firstBegunUs } = series.counts;
  const lastSec = Math.max(...started(rows).map(([second]) => second));
  return firstBegunUs + Math.min(holdUs, ...(proveUs ?? [])) < (lastSec + 1) * SECOND_US + handshakeTimeoutUs;
}

/** From when on starts fail to the end of the load, and hardly anything is established any more. */
function findWall(rows: readonly Row[]): number {
  const last = rows.findLastIndex(([, counts]) => counts.started > 0);
  let wall = last + 1;
  while (wall > 0 && (rows[wall - 1]![1].started <= 0 || isOut(rows[wall - 1]!))) wall -= 1;
  // The one before may have been filled up in part.
  if (wall > 0 && wall <= last && badOf(rows[wall - 1]![1]) > 0) wall -= 1;
  const beyond = rows.slice(wall, last + 1);
  const after = beyond.length === 0 ? [] : rows.filter(([second]) => second > beyond[0]![0]);
  const failed = total(beyond, badOf);
  const later = total(beyond.slice(1), (counts) => counts.started);
  const seeped = total(after, ({ established }) => established);
  return failed >= FEWEST && seeped <= later * SEEP_THROUGH ? wall : -1;
}

function isOut([, counts]: Row): boolean {
  return badOf(counts) >= counts.started * OUT_ABOVE;
}

function badOf({ started: count, stalled, refused }: SecondCounts): number {
  return Math.min(count, stalled + refused);
}

function judgeWhenFull({ arm, summary, rows, wall, cut, cutAges }: Seen, alive: number): WhenFull {
  if (wall >= 0) {
    const beyond = rows.slice(wall);
    const refused = total(beyond, (counts) => counts.refused);
    return refused * 2 > total(beyond, badOf) ? 'refuses' : 'drops';
  }
  if (cut < FEWEST) return 'not-reached';
  const isAtOnce = cutAges !== undefined && cutAges.totalCount * 2 > cut;
  if (isAtOnce && cutAges.getValueAtPercentile(50) <= AT_ONCE_US) return 'refuses';
  return areOldestGone(arm, summary, rows, alive) ? 'evicts-oldest' : 'evicts';
}

/**
 * When those that lived were established, on average, is nearer to when the youngest of all were than to when all were.
 * Each has ended a hold after it was established; those that were held together were of different ages.
 */
function areOldestGone(arm: Arm, summary: ArmSummary, rows: readonly Row[], alive: number): boolean {
  const { holdsTogether, holdUs } = arm;
  const holdSec = holdUs / SECOND_US;
  const lived = mean(
    holdsTogether === true
      ? (summary.proofs ?? []).map((proof) => [holdSec - proof.ageSec, proof.alive])
      : rows.map(([second, { completed }]) => [second - holdSec, completed]),
  );
  const all = mean(rows.map(([second, { established }]) => [second, established]));
  let left = alive;
  const youngest = rows.toReversed().map(([second, { established }]): [number, number] => {
    const taken = Math.min(left, established);
    left -= taken;
    return [second, taken];
  });
  return summary.established > alive && Math.abs(lived - mean(youngest)) < Math.abs(lived - all);
}

function mean(weighted: readonly (readonly [value: number, weight: number])[]): number {
  const weights = sum(weighted.map(([, weight]) => weight));
  return sum(weighted.map(([value, weight]) => value * weight)) / Math.max(1, weights);
}

/** From the first start to the end of the second in which starts began to fail, or else to the end of the load. */
function filledUntil(rows: readonly Row[], wall: number): Stretch {
  const load = started(rows);
  const last = wall >= 0 ? rows[wall]! : load.at(-1)!;
  return { fromSec: load[0]![0], toSec: last[0] + 1 };
}

/** Of the highest level of the load, until a second, that lost nothing in any whole second. */
function findRate(arm: Arm, series: SeriesTally, untilSec: number): number | undefined {
  const clean = levelsOf(arm, series, untilSec).filter(
    ({ seconds, scheduled, stalled, failed, unsent }) =>
      seconds > 0 && scheduled > 0 && stalled + failed + unsent <= scheduled * MAX_BAD_SHARE,
  );
  const rates = clean.map(({ established, seconds }) => Math.round(established / seconds));
  return rates.length === 0 ? undefined : Math.max(...rates);
}

function describeBeyond({ rows, wall, cut, summary }: Seen, whenFull: WhenFull): string {
  const cutToo = cut > 0 ? `, and ${cut} held connections had been cut` : '';
  switch (whenFull) {
    case 'drops':
    case 'refuses': {
      if (wall < 0) return `${cut} more were cut within a second of being established`;
      const beyond = started(rows.slice(wall));
      const refused = total(beyond, (counts) => counts.refused);
      const silent = total(beyond, (counts) => counts.stalled);
      const count = total(beyond, (counts) => counts.started);
      return `of ${count} started from then on, ${silent} met silence and ${refused} were refused${cutToo}`;
    }
    case 'evicts-oldest':
      return `${cut} had been cut, the oldest first, while new ones were let in`;
    case 'evicts':
      return `${cut} had been cut, old and new, while new ones were let in`;
    case 'not-reached': {
      const lost = summary.started - summary.established;
      return lost + cut === 0
        ? 'no limit up to that number'
        : `no limit up to that number: ${lost} handshakes failed and ${cut} connections were cut sporadically`;
    }
  }
}

function started(rows: readonly Row[]): readonly Row[] {
  return rows.filter(([, counts]) => counts.started > 0);
}

function total(rows: readonly Row[], what: (counts: SecondCounts) => number): number {
  return rows.reduce((all, [, counts]) => all + what(counts), 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}
