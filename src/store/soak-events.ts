import { join } from 'node:path';
import { SOAK_FILES } from './files.ts';
import { isEventLine } from './frame-schema.ts';
import { parseLine, readLines } from './read-lines.ts';
import type { SoakEvent } from './soak-event.ts';

/** What happened in a soak, in the order of its beginnings; of what has ended, as it ended. None of any other run. */
export async function readEvents(dir: string): Promise<SoakEvent[]> {
  const events = new Map<number, SoakEvent>();
  for await (const lines of readLines(join(dir, SOAK_FILES.events))) {
    for (const line of lines) {
      const event = parseLine<SoakEvent>(line, isEventLine);
      if (event === undefined) continue;
      // When it began stays as it was said first.
      events.set(event.id, { ...event, at: events.get(event.id)?.at ?? event.at });
    }
  }
  return [...events.values()].sort((a, b) => a.id - b.id);
}

/** What bears on whether a second counts. */
export type AsideEvent = Pick<SoakEvent, 'fromSec' | 'toSec' | 'setsAside'>;

/**
 * Whether what was counted in a second says nothing about the firewall: from the second before something happened, which
 * may have begun unseen, until it is over and what was open then has turned out.
 */
export function isTouched(second: number, events: Iterable<AsideEvent>, settleSec: number): boolean {
  for (const { fromSec, toSec, setsAside } of events) {
    if (setsAside && second >= fromSec - 1 && (toSec === null || second <= toSec + settleSec)) return true;
  }
  return false;
}

/** How often each kind of thing happened. */
export function countKinds(events: readonly Pick<SoakEvent, 'kind'>[]): { kind: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const { kind } of events) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => ({ kind, count }));
}
