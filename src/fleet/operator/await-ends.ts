import type { Link } from '../connect.ts';
import { event, type FleetEvent, readMessage } from '../messages.ts';
import { ANY, STREAMS, SUBJECTS } from '../protocol.ts';
import type { FleetRun } from './fleet-run.ts';
import { followStream } from './read-stream.ts';

/** Waits until each probe has told how a run ended, or until told to stop. @returns those that have not */
export async function awaitEnds(
  link: Link,
  { id, parts }: FleetRun,
  told: (probe: string, event: FleetEvent) => void,
  signal: AbortSignal,
): Promise<string[]> {
  const left = new Set(parts.map(({ probe }) => probe));
  const over = new AbortController();
  signal.addEventListener('abort', () => over.abort());
  const events = { stream: STREAMS.events.name, filter: SUBJECTS.event(ANY, id) };
  await followStream(
    link,
    events,
    ({ subject, data }) => {
      const probe = subject.split('.')[2] ?? '';
      const read = readMessage(event, data);
      if (read?.kind !== 'ended' && read?.kind !== 'refused') return;
      if (left.delete(probe)) told(probe, read);
      if (left.size === 0) over.abort();
    },
    over.signal,
  );
  return [...left];
}
