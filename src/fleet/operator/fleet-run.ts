import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { epochMs } from '../../epoch-ms.ts';
import { EnvironmentError } from '../../errors.ts';
import { type AbsentProbe, type FleetFile, partFolder, writeFleetFile } from '../../store/fleet-file.ts';
import { timeStampOf } from '../../store/time-stamp.ts';
import type { ClockOffset } from '../clock-offset.ts';
import type { Link } from '../connect.ts';
import {
  decodeRunPart,
  event,
  type FleetEvent,
  type Order,
  type RunOrder,
  readMessage,
} from '../messages.ts';
import { PROTOCOL, STREAMS, SUBJECTS } from '../protocol.ts';
import { askClock } from './ask-clock.ts';
import { followStream, readStream } from './read-stream.ts';
import { type CopyState, RunCopy } from './run-copy.ts';

/** From the order to second 0: to judge it, look names up, start threads and rehearse; milliseconds. */
const AHEAD_MS = 10_000;
/** An order that a probe gets later than this after second 0 is not run. */
const LATE_MS = 5_000;
const PUBLISHED_WITHIN_MS = 10_000;
/** How often it is looked whether all is there. */
const LOOK_MS = 500;
const SUFFIX_LETTERS = 'abcdefghijkmnpqrstuvwxyz23456789';

/** One probe's part of a fleet's run, as far as it is known. */
export interface ProbePart {
  readonly probe: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Its clock against the operator's; undefined if it was not asked. */
  offset?: ClockOffset;
  readonly events: FleetEvent[];
  /** What came of its folder. */
  copy?: CopyState;
  readonly dir: string;
  /** Second 0 as the operator's clock has it, less the agreed one; milliseconds. */
  skewMs?: number;
}

export interface FleetRun {
  readonly id: string;
  /** By the clock of the operator, milliseconds since 1970. */
  readonly startsAtMs: number;
  readonly parts: readonly ProbePart[];
  /** Selected, and not asked for anything. */
  readonly absent: readonly AbsentProbe[];
}

interface SelectedProbe {
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
  const stamp = timeStampOf(new Date(startsAtMs).toISOString());
  const suffix = Array.from({ length: 4 }, () => SUFFIX_LETTERS[randomInt(SUFFIX_LETTERS.length)]).join('');
  return `${stamp}-${scenario.replace(/[^A-Za-z0-9_-]/g, '-')}-${suffix}`;
}

/**
 * Orders a run from each of these probes, for the same second.
 * @throws EnvironmentError if none of them answers
 */
export async function orderRun(link: Link, request: FleetRunRequest): Promise<FleetRun> {
  const asked = await Promise.all(
    request.probes.map(async (each) => ({ ...each, offset: await askClock(link, each.probe) })),
  );
  const there = asked.filter(({ offset }) => offset !== undefined);
  if (there.length === 0) {
    throw new EnvironmentError('none of these probes answers', {
      hint: '"rushhour fleet ls" shows when each was last seen',
    });
  }
  const startsAtMs = request.startsAtMs ?? Math.ceil(epochMs()) + AHEAD_MS;
  const id = nameRun(request.scenario.name, startsAtMs);
  const parts: ProbePart[] = [];
  const { ratePerSecTotal, scenario } = request;
  const rate = ratePerSecTotal === undefined ? {} : { rate: `${ratePerSecTotal / there.length}/s` };
  for (const [index, { probe, labels, offset }] of there.entries()) {
    const theirsMs = Math.round(startsAtMs + offset!.offsetMs);
    const order: Order = {
      ...{ v: PROTOCOL, kind: 'run', fleetRun: id, label: request.label },
      scenario: { ...scenario, overrides: { ...scenario.overrides, ...rate } },
      share: ratePerSecTotal !== undefined ? { index, count: there.length } : { index: 0, count: 1 },
      ...{ startsAtMs: theirsMs, expiresAtMs: theirsMs + LATE_MS },
    };
    await publishOrder(link, probe, order, `${id}.${probe}`);
    parts.push({
      probe,
      labels,
      offset: offset!,
      events: [],
      dir: partFolder(join(request.resultsDir, id), probe),
    });
  }
  const silent = asked.filter(({ offset }) => offset === undefined);
  const absent = [
    ...silent.map(({ probe, labels }) => ({ probe, labels, why: 'no-answer' as const })),
    ...request.away.map(({ probe, labels }) => ({ probe, labels, why: 'away' as const })),
  ];
  return { id, startsAtMs, parts, absent };
}

export async function stopRun(link: Link, { id, parts }: FleetRun, how: 'drain' | 'abort'): Promise<void> {
  const order: Order = { v: PROTOCOL, kind: 'stop', fleetRun: id, how };
  for (const { probe } of parts) await publishOrder(link, probe, order, `${id}.${probe}.${how}`);
}

async function publishOrder({ jetstream }: Link, probe: string, order: Order, id: string): Promise<void> {
  const options = { msgID: id, timeout: PUBLISHED_WITHIN_MS };
  await jetstream.publish(SUBJECTS.order(probe), JSON.stringify(order), options);
}

/** Receives what the probes of a run tell and record, until each has told all, or until told to stop. */
export async function followRun(
  link: Link,
  run: FleetRun,
  report: (probe: string, event: FleetEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const byProbe = new Map(run.parts.map((part) => [part.probe, part]));
  const copies = new Map(run.parts.map((part) => [part.probe, new RunCopy(part.dir)]));
  const ended = new Set<string>();
  const over = new AbortController();
  signal.addEventListener('abort', () => over.abort());
  const takeEvent = async (subject: string, data: Uint8Array): Promise<void> => {
    const part = byProbe.get(subject.split('.')[2] ?? '');
    const told = readMessage(event, data);
    if (part === undefined || told?.fleetRun !== run.id) return;
    // A message that comes twice tells nothing new.
    if (part.events.some(({ kind }) => kind === told.kind)) return;
    part.events.push(told);
    report(part.probe, told);
    // Of a run that is read again, it was measured while it ran.
    if (told.kind === 'started' && part.skewMs === undefined && run.startsAtMs > 0)
      await noteSkew(link, run, part, told.startedAtMs);
  };
  const takePart = async (subject: string, data: Uint8Array): Promise<void> => {
    const probe = subject.split('.')[2] ?? '';
    const read = decodeRunPart(data);
    const copy = copies.get(probe);
    if (copy === undefined || read === undefined) return;
    await copy.add(read.part, read.contents);
    if (read.part.kind === 'end') ended.add(probe);
  };
  const hasAll = ({ probe, events }: ProbePart): boolean => {
    const last = events.find(({ kind }) => kind === 'ended' || kind === 'refused');
    const hasFolder = events.some(({ kind }) => kind === 'started');
    return last !== undefined && (ended.has(probe) || !hasFolder);
  };
  const look = setInterval(() => {
    if (run.parts.every(hasAll)) over.abort();
  }, LOOK_MS);
  try {
    await Promise.all([
      followStream(
        link,
        { stream: STREAMS.events.name, filter: SUBJECTS.event('*') },
        ({ subject, data }) => takeEvent(subject, data),
        over.signal,
      ),
      followStream(
        link,
        { stream: STREAMS.runs.name, filter: SUBJECTS.run('*', run.id) },
        ({ subject, data }) => takePart(subject, data),
        over.signal,
      ),
    ]);
  } finally {
    clearInterval(look);
  }
  for (const part of run.parts) {
    if (part.events.some(({ kind }) => kind === 'started')) part.copy = await copies.get(part.probe)!.check();
  }
}

/** The offset is asked for again: a clock that was set meanwhile does not show as a late start, nor hide one. */
async function noteSkew(link: Link, run: FleetRun, part: ProbePart, startedAtMs: number): Promise<void> {
  const offset = await askClock(link, part.probe);
  if (offset === undefined) return;
  part.offset = offset;
  part.skewMs = startedAtMs - offset.offsetMs - run.startsAtMs;
}

/** Writes what is known of a fleet's run beside the folders of its probes. */
export async function keepRun(
  { id, startsAtMs, parts, absent }: FleetRun,
  resultsDir: string,
): Promise<void> {
  const file: FleetFile = {
    ...{ schema: 1, id, startsAtMs, absent },
    parts: parts.map(({ dir: _, ...part }) => part),
  };
  await writeFleetFile(resultsDir, file);
}

/**
 * A run that was ordered earlier, from what the server still has; undefined if it has nothing of it.
 * @param kept what was known of it before: what the server does not tell
 * @param known labels of probes now, where they were not kept
 */
export async function findRun(
  link: Link,
  id: string,
  {
    resultsDir,
    kept,
    known,
  }: {
    readonly resultsDir: string;
    readonly kept: FleetFile | undefined;
    readonly known: readonly SelectedProbe[];
  },
): Promise<FleetRun | undefined> {
  const probes = new Set<string>();
  await readStream(
    link,
    { stream: STREAMS.events.name, filter: SUBJECTS.event('*') },
    ({ subject, data }) => {
      if (readMessage(event, data)?.fleetRun === id) probes.add(subject.split('.')[2] ?? '');
    },
  );
  if (probes.size === 0) return undefined;
  // One that was asked and has not answered yet is of the run as well.
  for (const { probe } of kept?.parts ?? []) probes.add(probe);
  const parts = [...probes].sort().map((probe): ProbePart => {
    const before = kept?.parts.find((part) => part.probe === probe);
    const labels = before?.labels ?? known.find((each) => each.probe === probe)?.labels ?? {};
    const { offset, skewMs } = before ?? {};
    return {
      ...{ probe, labels, events: [], dir: partFolder(join(resultsDir, id), probe) },
      ...(offset !== undefined && { offset }),
      ...(skewMs !== undefined && { skewMs }),
    };
  });
  return { id, startsAtMs: kept?.startsAtMs ?? 0, parts, absent: kept?.absent ?? [] };
}
