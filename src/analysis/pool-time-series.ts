import type { SecondCounts, SeriesTally } from './tally.ts';

const SECOND_US = 1_000_000;

/** A second in which at least this share of its starts failed finds no port left. */
const OUT_ABOVE = 0.5;

/**
 * Ports are available again when at least this share of a second's attempts, or of the attempts that filled the pool,
 * is established: they are released as fast as they were taken.
 */
const BACK_ABOVE = 0.5;

/**
 * In addition, at least this share of the pool must be established before handshakes fail again, if they do. A few
 * ports are released earlier, by other users or because of an RST instead of a FIN.
 */
const STAYS_FOR = 0.25;

/** How a pool of ports was exhausted and refilled, inferred from connections opened at a steady rate. */
export interface PoolTimeSeries {
  /** Connections established before handshakes first failed lastingly, and before any closed port could help. */
  readonly ports: number;
  /**
   * Counted from the first start of the arm to the end of the second in which handshakes failed, seconds of the run.
   */
  readonly filled: { readonly fromSec: number; readonly toSec: number };
  /** Absent if none came back during the load. */
  readonly release?: Release;
  /** From the first close to the end of the load, seconds; below 0 if the load ended before it. */
  readonly watchedSec: number;
}

/** Time from the close of the first released port's connection to its release, seconds. */
export interface Release {
  readonly afterSec: number;
  readonly lowSec: number;
  readonly highSec: number;
}

type Row = readonly [second: number, counts: SecondCounts];

/**
 * The first connection is closed `holdUs` after it was opened, and its port is the first to come back: the NAT keeps it
 * for the time between. Undefined if handshakes never failed for want of a port.
 */
export function followPool({ counts, bySecond }: SeriesTally, holdUs: number): PoolTimeSeries | undefined {
  const rows = [...bySecond].sort(([a], [b]) => a - b);
  const closedSec = (counts.firstBegunUs + holdUs) / SECOND_US;
  const { outAt, backAt } = findShortage(rows, closedSec);
  if (outAt < 0) return undefined;
  // If all were in use before the first was released, later connections reuse those. The second of the first close is
  // excluded: connections established in it may already have used a released port.
  const isFilling = ([second]: Row): boolean =>
    rows[outAt]![0] + 1 <= closedSec ? second + 1 <= closedSec : backAt < 0 || second < rows[backAt]![0];
  const ports = sumEstablished(rows.filter(isFilling));
  const filled = { fromSec: rows[0]![0], toSec: rows[outAt]![0] + 1 };
  const loadEndSec = 1 + Math.max(...rows.filter(([, { started }]) => started > 0).map(([second]) => second));
  const timeSeries = { ports, filled, watchedSec: tenths(loadEndSec - closedSec) };
  if (backAt < 0) return timeSeries;
  return { ...timeSeries, release: releaseIn(rows[backAt]![0], closedSec) };
}

/**
 * Indexes of the second in which the last port was used up and of the one in which ports came back; -1 if there is
 * none. If connections succeeded again before any was closed, ports had not run out.
 */
function findShortage(rows: readonly Row[], closedSec: number): { outAt: number; backAt: number } {
  let from = 0;
  for (;;) {
    const outAt = rows.findIndex((row, index) => index >= from && isOut(row));
    if (outAt < 0) return { outAt, backAt: -1 };
    const filling = rows.slice(0, outAt + 1);
    const fillingPerSec = Math.max(...filling.map(([, { established }]) => established));
    const filled = sumEstablished(filling);
    const backAt = rows.findIndex(
      ([, { started, established }], index) =>
        index > outAt &&
        established > 0 &&
        established >= Math.min(started, fillingPerSec) * BACK_ABOVE &&
        staysBack(rows, index, filled * STAYS_FOR),
    );
    if (backAt < 0 || rows[backAt]![0] + 1 > closedSec) return { outAt, backAt };
    from = backAt;
  }
}

/** Whether this many are established from there on before handshakes fail again, if they do. */
function staysBack(rows: readonly Row[], from: number, enough: number): boolean {
  const failsAgain = rows.findIndex((row, index) => index > from && isOut(row));
  return failsAgain < 0 || sumEstablished(rows.slice(from, failsAgain)) >= enough;
}

function sumEstablished(rows: readonly Row[]): number {
  return rows.reduce((sum, [, { established }]) => sum + established, 0);
}

/** Maximum number of connections open at once, to the second. */
export function peakOpen({ bySecond }: SeriesTally, holdUs: number): number {
  const held = Math.max(1, Math.round(holdUs / SECOND_US));
  let peak = 0;
  for (const last of bySecond.keys()) {
    let open = 0;
    for (let second = last - held + 1; second <= last; second += 1)
      open += bySecond.get(second)?.established ?? 0;
    peak = Math.max(peak, open);
  }
  return peak;
}

/** At an unknown moment within the second: the number established in it shows how many were waiting, not since when. */
function releaseIn(second: number, closedSec: number): Release {
  const since = (atSec: number): number => Math.max(0, tenths(atSec - closedSec));
  return { afterSec: since(second + 0.5), lowSec: since(second), highSec: since(second + 1) };
}

function isOut([, { started, stalled, refused }]: Row): boolean {
  return started > 0 && stalled + refused >= started * OUT_ABOVE;
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
