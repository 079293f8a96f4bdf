import type { Arm } from '../../scenario/types.ts';
import { followPool } from '../pool-time-series.ts';
import type { SecondCounts, SeriesTally } from '../tally.ts';
import type { HeldFit } from './types.ts';

const SECOND_US = 1_000_000;

/** Fewer failures than this are loss and no wall. */
const FEWEST_FAILED = 20;

/** A second in which so many of its starts fail is full. */
const FULL_FROM = 0.5;

/** How exactly a return can be told, seconds: counts are by the second, at both ends. */
const ON_TIME_SEC = 2;

/** Of the number that fits: what may be tried in the second in which it is full. */
const SHARP = 0.04;

/** Seconds over which what gets in is compared with what was closed, and the share of it from which on there is room. */
const WATCHED_SEC = 3;
const BACK_SHARE = 0.25;

/** Longer without a start: the run was interrupted there. */
const LONGEST_GAP_SEC = 10;

type Row = readonly [second: number, counts: SecondCounts];

/**
 * What connections that are opened at a rate and held show of a limit: how many got in, whether any did meanwhile, and when there
 * was room again. Undefined where nothing is held, or nothing failed for want of room.
 */
export function fitHeld(arm: Arm, series: SeriesTally): HeldFit | undefined {
  if (arm.holdUs === 0 || arm.load.kind !== 'open' || arm.holdsTogether === true) return undefined;
  const pool = followPool(series, arm.holdUs);
  const failed = [...series.bySecond.values()].reduce(
    (sum, { stalled, refused }) => sum + stalled + refused,
    0,
  );
  if (pool === undefined || failed < FEWEST_FAILED || pool.ports === 0) return undefined;
  const rows = [...series.bySecond].sort(([a], [b]) => a - b);
  if (wasInterrupted(rows)) return undefined;
  const closedSec = (series.counts.firstBegunUs + arm.holdUs) / SECOND_US;
  const fullSec = pool.filled.toSec;
  const meanwhile = rows.filter(([second]) => second >= fullSec && second + 1 <= closedSec);
  const shortForSec = Math.max(0, closedSec - fullSec);
  return {
    most: pool.ports,
    shortForSec,
    startedMeanwhile: meanwhile.reduce((sum, [, { started }]) => sum + started, 0),
    establishedMeanwhile: meanwhile.reduce((sum, [, { established }]) => sum + established, 0),
    ...findRoom(rows, fullSec, closedSec),
    watchedSec: pool.watchedSec,
    isBeforeAnyClose: fullSec <= closedSec,
    isSharp: isSharp(rows, pool.ports),
    fillings: listFillings(rows),
    coincidence: Math.min(1, ON_TIME_SEC / Math.max(1, shortForSec)),
  };
}

/** A run that was resumed has lost what it held. */
function wasInterrupted(rows: readonly Row[]): boolean {
  const seconds = rows.filter(([, { started }]) => started > 0).map(([second]) => second);
  return seconds.some((second, index) => index > 0 && second - seconds[index - 1]! > LONGEST_GAP_SEC);
}

/** Whether none failed until the second in which it was full, and few were tried in that one. */
function isSharp(rows: readonly Row[], most: number): boolean {
  const full = rows.find(([, { stalled, refused }]) => stalled + refused > 0);
  if (full === undefined) return false;
  const before = sumEstablished(rows.filter(([second]) => second < full[0]));
  return full[1].started <= most * SHARP && most - before <= most * SHARP;
}

/**
 * When there was room again: the first second in which any got in, and the first from which on as many did as a good part of what had
 * been closed by then. What is freed goes to whoever sends the next SYN, other arms and SYNs sent again among them.
 */
function findRoom(
  rows: readonly Row[],
  fullSec: number,
  closedSec: number,
): Pick<HeldFit, 'room' | 'release'> {
  const since = (second: number): { lowSec: number; highSec: number } => ({
    lowSec: tenths(Math.max(0, second - closedSec)),
    highSec: tenths(Math.max(0, second + 1 - closedSec)),
  });
  const closed = sumEstablished(rows.slice(0, WATCHED_SEC));
  const after = rows.filter(([second]) => second >= Math.max(fullSec, Math.floor(closedSec)));
  const room = after.find(([, { established }]) => established > 0)?.[0];
  const back = after.find(
    ([second, { established }]) =>
      established > 0 &&
      sumEstablished(after.filter(([other]) => other >= second && other < second + WATCHED_SEC)) >=
        closed * BACK_SHARE,
  )?.[0];
  return {
    ...(room === undefined ? {} : { room: since(room) }),
    ...(back === undefined ? {} : { release: since(back) }),
  };
}

function sumEstablished(rows: readonly Row[]): number {
  return rows.reduce((sum, [, { established }]) => sum + established, 0);
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Stretches of seconds in which some got in, between such in which none did; the last one may be cut short and is left out. */
function listFillings(rows: readonly Row[]): HeldFit['fillings'] {
  const fillings: { count: number; perSec: number }[] = [];
  for (let first = 0; first < rows.length; first += 1) {
    if (rows[first]![1].established === 0) continue;
    let last = first;
    while (last + 1 < rows.length && rows[last + 1]![1].established > 0) last += 1;
    const part = rows.slice(first, last + 1);
    const started = part.reduce((sum, [, counts]) => sum + counts.started, 0);
    // Filled, and not only used: what came after it failed.
    if (last + 1 < rows.length && isFull(rows[last + 1]!))
      fillings.push({
        count: part.reduce((sum, [, { established }]) => sum + established, 0),
        perSec: started / part.length,
      });
    first = last;
  }
  return fillings;
}

function isFull([, { started, stalled, refused }]: Row): boolean {
  return started > 0 && stalled + refused >= started * FULL_FROM;
}
