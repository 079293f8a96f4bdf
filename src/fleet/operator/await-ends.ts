import type { Link } from '../connect.ts';
import { type FleetEvent, readEvent } from '../messages.ts';
import { ANY, STREAMS, SUBJECTS } from '../protocol.ts';
import type { FleetRun, ProbePart } from './fleet-run.ts';
import { followStream } from './read-stream.ts';

/** What ends a run, or a soak. */
export const ENDS: readonly FleetEvent['kind'][] = ['ended', 'refused'];
/** What answers the order of one. */
export const ANSWERS: readonly FleetEvent['kind'][] = ['accepted', ...ENDS];

/** Waits until each probe has told one of these of a run, or until told to stop. @returns those that have not */
export async function awaitEvents(
  link: Link,
  { id, parts }: Pick<FleetRun, 'id'> & { readonly parts: readonly Pick<ProbePart, 'probe'>[] },
  kinds: readonly FleetEvent['kind'][],
  told: (probe: string, event: FleetEvent) => void,
  signal: AbortSignal,
): Promise<string[]> {
  const left = new Set(parts.map(({ probe }) => probe));
  if (left.size === 0) return [];
  const over = new AbortController();
  signal.addEventListener('abort', () => over.abort());
  const events = { stream: STREAMS.events.name, filter: SUBJECTS.event(ANY, id) };
  await followStream(
    link,
    events,
    ({ subject, data }) => {
      const probe = subject.split('.')[2] ?? '';
      const read = readEvent(data);
      if (read === undefined || !kinds.includes(read.kind)) return;
      if (left.delete(probe)) told(probe, read);
      if (left.size === 0) over.abort();
    },
    over.signal,
  );
  return [...left];
}
