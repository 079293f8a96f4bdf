import { setTimeout as sleep } from 'node:timers/promises';
import type { JsMsg } from '@nats-io/jetstream';
import { epochMs } from '../../epoch-ms.ts';
import { EnvironmentError } from '../../errors.ts';
import type { Link } from '../connect.ts';
import { type FleetEvent, readEvent } from '../messages.ts';
import { ANY, STREAMS, SUBJECTS } from '../protocol.ts';
import { decodeRunPart } from '../run-part.ts';
import { askClock } from './ask-clock.ts';
import { isRevokedSince } from './find-revoked.ts';
import type { FleetRun, ProbePart } from './fleet-run.ts';
import { type LiveProbe, LiveRun } from './live-run.ts';
import { followStream, readStream } from './read-stream.ts';
import { RunCopy } from './run-copy.ts';
import { sideBySide } from './side-by-side.ts';

/** How often it is looked whether all is there. */
const LOOK_MS = 500;
const SHOW_MS = 1_000;
/** Of a start that was told longer ago, the clock as it is now says nothing; milliseconds. */
const ASK_AGAIN_WITHIN_MS = 60_000;
/** Once a run has begun, it is looked so often whether those probes were revoked of which nothing arrived for as long. */
const REVOKED_LOOK_MS = 5_000;
/** After the planned end of a run, a probe from which nothing comes for so long while the server is there is not waited for. */
const GIVE_UP_MS = 120_000;
/** Whoever ends following does not wait longer for a server that may be away. */
const REVOKED_TOLD_WITHIN_MS = 2_000;

/** Who is told what happens while a run is followed. */
export interface RunFollower {
  told(probe: string, event: FleetEvent): void;
  /** Its credentials were taken back: nothing more comes of it. */
  revoked?(probe: string): void;
  /** Nothing has come from it for a while, and the run should be over: it is not waited for any longer. */
  silent?(probe: string): void;
  /** Once a second: where each probe stands, by what has arrived. */
  live?(probes: readonly LiveProbe[]): void;
}

/**
 * Receives what the probes of a run tell and record, until each has told all, was revoked or is silent though the run is over, or until
 * told to stop.
 * @param giveUpMs how long one is silent before it is not waited for
 * @throws EnvironmentError if what is received cannot be written
 */
export async function followRun(
  link: Link,
  run: FleetRun,
  { told: report, revoked, silent, live: show }: RunFollower,
  signal: AbortSignal,
  giveUpMs = GIVE_UP_MS,
): Promise<void> {
  const byProbe = new Map(run.parts.map((part) => [part.probe, part]));
  const copies = new Map(run.parts.map((part) => [part.probe, new RunCopy(part.dir)]));
  const ended = new Set<string>();
  const over = new AbortController();
  signal.addEventListener('abort', () => over.abort());
  const live = new LiveRun(run);
  const asking: Promise<void>[] = [];
  const takeEvent = ({ subject, data, timestampNanos }: JsMsg): void => {
    const part = byProbe.get(subject.split('.')[2] ?? '');
    const told = readEvent(data);
    if (part === undefined || told?.fleetRun !== run.id) return;
    // A message that comes twice tells nothing new.
    if (part.events.some(({ kind }) => kind === told.kind)) return;
    live.hear(part.probe);
    part.events.push(told);
    report(part.probe, told);
    // A night begins by the probe's own clock, for no second that was agreed upon.
    if (told.kind !== 'started' || part.skewMs !== undefined || part.offset === undefined) return;
    const { startedAtMs } = told;
    const noteSkew = async (): Promise<void> => {
      const toldAtMs = Number(timestampNanos / 1_000_000n);
      if (epochMs() - toldAtMs < ASK_AGAIN_WITHIN_MS) await askAgain(link, part);
      if (part.offset !== undefined) part.skewMs = startedAtMs - part.offset.offsetMs - run.startsAtMs;
    };
    // A probe that answers late keeps no other waiting.
    asking.push(noteSkew());
  };
  const takePart = async (subject: string, data: Uint8Array): Promise<void> => {
    const probe = subject.split('.')[2] ?? '';
    const read = decodeRunPart(data);
    const copy = copies.get(probe);
    if (copy === undefined || read === undefined) return;
    await copy.add(read).catch((cause: Error) => {
      throw new EnvironmentError(`${copy.dir} cannot be written: ${cause.message}`, {
        hint: `make room there: the run goes on, and "rushhour fleet pull ${run.id}" receives the rest`,
        cause,
      });
    });
    live.touch(probe);
    if (read.part.kind === 'end') ended.add(probe);
  };
  const isWhole = ({ probe, events }: ProbePart): boolean => {
    const last = events.find(({ kind }) => kind === 'ended' || kind === 'refused');
    const hasFolder = events.some(({ kind }) => kind === 'started');
    return last !== undefined && (ended.has(probe) || !hasFolder);
  };
  const isQuiet = ({ probe }: ProbePart): boolean => live.quietSec(probe) * 1_000 >= REVOKED_LOOK_MS;
  // Of one that was revoked, what the server has is received.
  const givenUp = new Set<string>();
  const hasAll = (part: ProbePart): boolean =>
    isWhole(part) || ((part.isRevoked === true || givenUp.has(part.probe)) && isQuiet(part));
  const look = setInterval(() => {
    if (run.parts.every(hasAll)) over.abort();
  }, LOOK_MS);
  const showing = repeatUntil(over.signal, SHOW_MS, async () =>
    show?.((await live.read()).map((each) => ({ ...each, isOver: hasAll(each.part) }))),
  );
  /** Milliseconds during which nothing came from a probe while the server answered. */
  const silentMs = new Map<string, number>();
  const looking = repeatUntil(over.signal, REVOKED_LOOK_MS, async () => {
    if (epochMs() < run.startsAtMs) return;
    const quiet = run.parts.filter((part) => !hasAll(part) && isQuiet(part));
    const before = new Map(silentMs);
    silentMs.clear();
    if (quiet.length === 0) return;
    const manager = await link.jetstream.jetstreamManager();
    await sideBySide(quiet, async (part) => {
      const isRevoked = await isRevokedSince(manager, part.probe);
      if (hasAll(part)) return;
      if (isRevoked) {
        part.isRevoked = true;
        revoked?.(part.probe);
        return;
      }
      silentMs.set(part.probe, (before.get(part.probe) ?? 0) + REVOKED_LOOK_MS);
    });
    if (run.endsAtMs === undefined || epochMs() < run.endsAtMs) return;
    for (const [probe, forMs] of silentMs) {
      if (forMs < giveUpMs) continue;
      givenUp.add(probe);
      silent?.(probe);
    }
  });
  try {
    await Promise.all([
      followStream(
        link,
        { stream: STREAMS.events.name, filter: SUBJECTS.event(ANY, run.id) },
        takeEvent,
        over.signal,
      ),
      followStream(
        link,
        { stream: STREAMS.runs.name, filter: SUBJECTS.run(ANY, run.id) },
        ({ subject, data }) => takePart(subject, data),
        over.signal,
      ),
    ]);
  } finally {
    clearInterval(look);
    over.abort();
    await Promise.all([showing, looking, ...asking]);
  }
  for (const part of run.parts) if (isWhole(part)) delete part.isRevoked;
  await noteRevoked(
    link,
    run.parts.filter((part) => !isWhole(part) && part.isRevoked !== true),
  );
  const lacking: ProbePart[] = [];
  for (const part of run.parts) {
    if (!part.events.some(({ kind }) => kind === 'started')) continue;
    part.copy = await copies.get(part.probe)!.check();
    const { hasEnded, missing, differing } = part.copy;
    const lacks = differing.length > 0 || missing.some(({ isGivenUp }) => isGivenUp !== true);
    if (hasEnded && lacks) lacking.push(part);
  }
  await receiveAnew(link, run.id, lacking, signal);
}

/**
 * What somebody changed or removed in a folder while it was received, the server may still have. What it has no more of stays
 * as it is.
 */
async function receiveAnew(
  link: Link,
  id: string,
  parts: readonly ProbePart[],
  signal: AbortSignal,
): Promise<void> {
  for (const part of parts) {
    if (signal.aborted) return;
    const copy = new RunCopy(part.dir);
    const reading = { stream: STREAMS.runs.name, filter: SUBJECTS.run(part.probe, id) };
    try {
      await readStream(link, reading, async ({ data }) => {
        const read = decodeRunPart(data);
        if (read !== undefined) await copy.add(read);
      });
      part.copy = await copy.check();
    } catch {
      // What it lacks has been found.
    }
  }
}

/** Says of those that have not told all whether more can come. A server that does not answer says nothing about it. */
async function noteRevoked({ jetstream }: Link, parts: readonly ProbePart[]): Promise<void> {
  if (parts.length === 0) return;
  const note = async (): Promise<void> => {
    const manager = await jetstream.jetstreamManager();
    await sideBySide(parts, async (part) => {
      if (await isRevokedSince(manager, part.probe)) part.isRevoked = true;
    });
  };
  await Promise.race([note().catch(() => {}), sleep(REVOKED_TOLD_WITHIN_MS, undefined, { ref: false })]);
}

/** A clock that was set since the order neither shows as a late start nor hides one. */
async function askAgain(link: Link, part: ProbePart): Promise<void> {
  const offset = await askClock(link, part.probe);
  if (offset !== undefined) part.offset = offset;
}

/** What fails is tried again: neither what is shown nor what is asked beside is worth a run that is received. */
async function repeatUntil(signal: AbortSignal, everyMs: number, act: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await sleep(everyMs, undefined, { signal }).catch(() => {});
    if (!signal.aborted) await act().catch(() => {});
  }
}
