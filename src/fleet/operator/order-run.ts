import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { epochMs } from '../../epoch-ms.ts';
import { EnvironmentError, UsageError } from '../../errors.ts';
import { type FleetFile, partFolder } from '../../store/fleet-file.ts';
import { timeStampOf } from '../../store/time-stamp.ts';
import { askAgain } from '../ask-again.ts';
import type { Link } from '../connect.ts';
import { event, type Order, order, type RunOrder, readMessage } from '../messages.ts';
import { ANY, PROTOCOL, STREAMS, SUBJECTS } from '../protocol.ts';
import { askClock } from './ask-clock.ts';
import { encodeOrder } from './encode-order.ts';
import { isRevokedSince } from './find-revoked.ts';
import type { FleetRun, ProbePart } from './fleet-run.ts';
import { plannedEndMs } from './planned-end.ts';
import { readStream } from './read-stream.ts';
import { sideBySide } from './side-by-side.ts';

/** From the order to second 0: to judge it, look names up, start threads and rehearse; milliseconds. */
const AHEAD_MS = 10_000;
/** An order that a probe gets later than this after second 0 is not run. */
const LATE_MS = 5_000;
const PUBLISHED_WITHIN_MS = 10_000;
const SUFFIX_LETTERS = 'abcdefghijkmnpqrstuvwxyz23456789';

export interface SelectedProbe {
  readonly probe: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface FleetRunRequest {
  readonly scenario: RunOrder['scenario'];
  readonly probes: readonly SelectedProbe[];
  /** Those that are selected as well, and have not been heard of for a while. */
  readonly away: readonly SelectedProbe[];
  /** Highest rate of all probes together, whose attempts they share; absent: each sends the whole load. */
  readonly ratePerSecTotal?: number;
  readonly label: string;
  readonly resultsDir: string;
  /** Milliseconds since 1970; undefined: as soon as all can be ready. */
  readonly startsAtMs?: number;
}

/** `20250131-060000-steady-k3f9`: two operators in the same second have different ones. */
function nameRun(scenario: string, startsAtMs: number): string {
  return `${timeStampOf(new Date(startsAtMs).toISOString())}-${nameSoak(scenario)}`;
}

/** `steady-k3f9`: what is ordered twice has different ones. */
export function nameSoak(scenario: string): string {
  const suffix = Array.from({ length: 4 }, () => SUFFIX_LETTERS[randomInt(SUFFIX_LETTERS.length)]).join('');
  return `${scenario.replace(/[^A-Za-z0-9_-]/g, '-')}-${suffix}`;
}

/**
 * Orders a run from each of these probes, for the same second.
 * @throws EnvironmentError if none of them answers
 * @throws UsageError if it would start too soon
 */
export async function orderRun(link: Link, request: FleetRunRequest): Promise<FleetRun> {
  const asked = await sideBySide(request.probes, async (each) => ({
    ...each,
    offset: await askClock(link, each.probe),
  }));
  const there = asked.filter(({ offset }) => offset !== undefined);
  if (there.length === 0) {
    throw new EnvironmentError('none of these probes answers', {
      hint: '"rushhour fleet ls" shows when each was last seen',
    });
  }
  const soonestMs = Math.ceil(epochMs()) + AHEAD_MS;
  const startsAtMs = request.startsAtMs ?? soonestMs;
  if (startsAtMs < soonestMs) {
    throw new UsageError('it would start before every probe could be ready', {
      hint: `choose a time at least ${AHEAD_MS / 1_000} s ahead`,
    });
  }
  const id = nameRun(request.scenario.name, startsAtMs);
  const { ratePerSecTotal, scenario } = request;
  const rate = ratePerSecTotal === undefined ? {} : { rate: `${ratePerSecTotal / there.length}/s` };
  const parts = await sideBySide(there, async ({ probe, labels, offset }, index): Promise<ProbePart> => {
    const theirsMs = Math.round(startsAtMs + offset!.offsetMs);
    const order: Order = {
      ...{ v: PROTOCOL, kind: 'run', fleetRun: id, label: request.label },
      scenario: { ...scenario, overrides: { ...scenario.overrides, ...rate } },
      share: ratePerSecTotal !== undefined ? { index, count: there.length } : { index: 0, count: 1 },
      ...{ startsAtMs: theirsMs, expiresAtMs: theirsMs + LATE_MS },
      agreed: { startsAtMs, ...offset!, labels },
    };
    await publishOrder(link, probe, order, `${id}.${probe}`);
    const dir = partFolder(join(request.resultsDir, id), probe);
    return { probe, labels, offset: offset!, events: [], dir };
  });
  const silent = asked.filter(({ offset }) => offset === undefined);
  const absent = [
    ...silent.map(({ probe, labels }) => ({ probe, labels, why: 'no-answer' as const })),
    ...request.away.map(({ probe, labels }) => ({ probe, labels, why: 'away' as const })),
  ];
  return { id, startsAtMs, ...endOf(plannedEndMs(scenario, startsAtMs)), parts, absent };
}

/** Has every probe of a run end it: `drain` lets open attempts finish, `abort` ends them. */
export async function stopRun(
  link: Link,
  { id, parts }: Pick<FleetRun, 'id'> & { readonly parts: readonly Pick<ProbePart, 'probe'>[] },
  how: 'drain' | 'abort',
): Promise<void> {
  const order: Order = { v: PROTOCOL, kind: 'stop', fleetRun: id, how };
  await sideBySide(parts, ({ probe }) => publishOrder(link, probe, order, `${id}.${probe}.${how}`));
}

/** @throws UsageError for what no probe would take */
export async function publishOrder(
  { jetstream }: Link,
  probe: string,
  order: Order,
  id: string,
): Promise<void> {
  const options = { msgID: id, timeout: PUBLISHED_WITHIN_MS };
  await jetstream.publish(SUBJECTS.order(probe, order.fleetRun), encodeOrder(order), options);
}

/**
 * A run that was ordered earlier, or a night of a soak, from what the server still has; undefined if it has nothing of it.
 * @param kept what was known of it before: what the server does not tell
 */
export async function findRun(
  link: Link,
  id: string,
  { resultsDir, kept }: { readonly resultsDir: string; readonly kept: FleetFile | undefined },
): Promise<FleetRun | undefined> {
  const parts = new Map<string, ProbePart>();
  let startsAtMs = kept?.startsAtMs ?? 0;
  let endsAtMs: number | undefined;
  const add = (probe: string, known: Pick<ProbePart, 'offset' | 'skewMs'> & Partial<ProbePart>): void => {
    const dir = partFolder(join(resultsDir, id), probe);
    parts.set(probe, { ...(parts.get(probe) ?? { probe, labels: {}, events: [], dir }), ...known });
  };
  const orders = { stream: STREAMS.orders.name, filter: SUBJECTS.order(ANY, id) };
  await readStream(link, orders, ({ subject, data }) => {
    const read = readMessage(order, data);
    const probe = subject.split('.')[2] ?? '';
    // One of another version is an order as well: its probe says what becomes of it.
    if (read === undefined) add(probe, {});
    if (read?.kind !== 'run') return;
    const { labels, offsetMs, errorMs } = read.agreed;
    startsAtMs = read.agreed.startsAtMs;
    endsAtMs ??= plannedEndMs(read.scenario, startsAtMs);
    add(probe, { labels, offset: { offsetMs, errorMs } });
  });
  const ordered = new Set(parts.keys());
  // Who was revoked has no order any more, nor has a night, which was ordered by another id, or longer ago.
  for (const { probe, night, isRevoked } of await findUnordered(link, id, ordered)) {
    // Of a run that was ordered, no other probe is part, whatever it tells.
    if (ordered.size > 0 && !isRevoked) continue;
    const isNight = ordered.size === 0 && night !== undefined;
    if (isNight) startsAtMs = startsAtMs === 0 ? night.startsAtMs : Math.min(startsAtMs, night.startsAtMs);
    add(probe, { ...(isNight && { labels: night.labels }), ...(isRevoked && { isRevoked }) });
  }
  if (parts.size === 0) return undefined;
  // What was measured while it ran cannot be measured again.
  for (const { probe, labels, offset, skewMs, isRevoked } of kept?.parts ?? []) {
    // All were ordered at the same time: only a revocation takes one order and leaves the others.
    const isGone = isRevoked === true || (ordered.size > 0 && !ordered.has(probe));
    add(probe, {
      ...{ labels, ...(offset !== undefined && { offset }), ...(skewMs !== undefined && { skewMs }) },
      ...(isGone && { isRevoked: true }),
    });
  }
  const sorted = [...parts.values()].sort((a, b) => (a.probe < b.probe ? -1 : 1));
  return { id, startsAtMs, ...endOf(endsAtMs), parts: sorted, absent: kept?.absent ?? [] };
}

function endOf(endsAtMs: number | undefined): Pick<FleetRun, 'endsAtMs'> {
  return endsAtMs === undefined ? {} : { endsAtMs };
}

interface Unordered {
  readonly probe: string;
  /** It is a night of a soak. */
  readonly night:
    | { readonly startsAtMs: number; readonly labels: Readonly<Record<string, string>> }
    | undefined;
  /** Its credentials were taken back since it told of the run. */
  readonly isRevoked: boolean;
}

/** Those that told something of a run, and of which the server has no order. */
async function findUnordered(
  link: Link,
  id: string,
  ordered: ReadonlySet<string>,
): Promise<readonly Unordered[]> {
  const who = new Map<string, { readonly atMs: number; readonly night: Unordered['night'] }>();
  const events = { stream: STREAMS.events.name, filter: SUBJECTS.event(ANY, id) };
  await readStream(link, events, ({ subject, data, timestampNanos }) => {
    const probe = subject.split('.')[2] ?? '';
    if (ordered.has(probe)) return;
    const told = readMessage(event, data);
    // A soak is no run: its nights are.
    if (told?.kind === 'accepted' && told.firstAtMs !== undefined) return;
    const before = who.get(probe);
    const night = (told !== undefined && 'ofSoak' in told ? told.ofSoak : undefined) ?? before?.night;
    const atMs = before?.atMs ?? Number(timestampNanos / 1_000_000n);
    who.set(probe, { atMs, night });
  });
  if (who.size === 0) return [];
  const manager = await askAgain(() => link.jetstream.jetstreamManager());
  return sideBySide([...who], async ([probe, { atMs, night }]) => ({
    ...{ probe, night },
    isRevoked: await askAgain(() => isRevokedSince(manager, probe, atMs)),
  }));
}
