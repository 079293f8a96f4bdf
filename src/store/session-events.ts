import { join } from 'node:path';
import * as z from 'zod';
import { SESSION_FILES } from './files.ts';
import { parseLine, readLines } from './read-lines.ts';
import { count, figure, guardOf, schemaOf, some, text } from './shapes.ts';

/** What may happen during a run or a soak, besides its load. */
const SESSION_EVENT_KINDS = [
  /** The session began, or was resumed after its process had died: `text` says how. */
  'begun',
  'resumed',
  'ended',
  /** Another event required the load to be set up again, in the same process: nothing was recorded meanwhile. */
  'restarted',
  /** This machine slept: seconds are missing. */
  'suspended',
  /** The wall clock was set; frames are numbered by another clock. */
  'clock-stepped',
  /** An interface lost or regained its carrier, or an address of its own. */
  'link-down',
  'address-changed',
  /** The name of the proxy or target now resolves to another address. */
  'far-end-moved',
  /** The load could not be set up again yet: something that it needs is missing. */
  'waiting',
  /** Tickets or passwords were missing: nothing could be sent. */
  'credentials',
  /** This machine could not open connections: it lacked descriptors, ports or memory. */
  'local-limit',
  'disk-full',
  'sink-away',
] as const;
export type SessionEventKind = (typeof SESSION_EVENT_KINDS)[number];

/** A line of events.jsonl. An event that lasts has a line when it begins and another, with the same id, when it ends. */
export interface SessionEvent {
  /** From 1, in the order in which events began. */
  readonly id: number;
  readonly kind: SessionEventKind;
  /** RFC 3339, UTC, by the wall clock at that moment. */
  readonly at: string;
  /** When it began, in seconds since the start of the session. */
  readonly fromSec: number;
  /** When it ended, exclusive; null while it lasts. */
  readonly toSec: number | null;
  /** Whether the seconds that it touched are excluded: their counts say nothing about the firewall. */
  readonly setsAside: boolean;
  /** A description for people. */
  readonly text: string;
}

/** Whether a value is a line of events.jsonl. */
export const isEventLine = guardOf(
  schemaOf<SessionEvent>()(
    some({
      id: count,
      ...{ kind: text, at: text, text },
      fromSec: figure,
      toSec: figure.nullable(),
      setsAside: z.boolean(),
    }),
  ),
);

/**
 * The events of a run or soak in the order in which they began, each as last written.
 * @returns none if the folder has no events.jsonl
 */
export async function readEvents(dir: string): Promise<SessionEvent[]> {
  const events = new Map<number, SessionEvent>();
  for await (const lines of readLines(join(dir, SESSION_FILES.events))) {
    for (const line of lines) {
      const event = parseLine(line, isEventLine);
      if (event === undefined) continue;
      // The line of its end repeats the event, but the moment of its beginning is in the first line.
      events.set(event.id, { ...event, at: events.get(event.id)?.at ?? event.at });
    }
  }
  return [...events.values()].sort((a, b) => a.id - b.id);
}

/** The part of an event that decides whether a second counts. */
export type AsideEvent = Pick<SessionEvent, 'fromSec' | 'toSec' | 'setsAside'>;

/**
 * Whether an event touched a second, so that its counts say nothing about the firewall: from the second before the event,
 * which may have begun unnoticed, until attempts that were open at its end have ended as well.
 * @param settleSec how long after their start attempts may still be open, seconds
 */
export function isTouched(second: number, events: Iterable<AsideEvent>, settleSec: number): boolean {
  for (const { fromSec, toSec, setsAside } of events) {
    if (setsAside && second >= fromSec - 1 && (toSec === null || second <= toSec + settleSec)) return true;
  }
  return false;
}

/** Counts events by kind. */
export function countKinds(events: readonly Pick<SessionEvent, 'kind'>[]): { kind: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const { kind } of events) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => ({ kind, count }));
}
