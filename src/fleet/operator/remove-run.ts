import { askAgain } from '../ask-again.ts';
import type { Link } from '../connect.ts';
import { ANY, STREAMS, SUBJECTS } from '../protocol.ts';
import { decodeRunPart } from '../run-part.ts';
import { readStream } from './read-stream.ts';
import { type CopyState, RunCopy } from './run-copy.ts';

/** What the server has of one probe's part of a run. */
export interface StoredPart {
  readonly probe: string;
  /** The place of the last message, which says that this was all; absent: the probe has not said so. */
  readonly endsAt?: number;
  /** What a folder lacks of it; absent as well. */
  readonly copy?: CopyState;
  /** Nothing is left at the server but the message that says what it was: it was removed, or is too old. */
  readonly isRemoved?: true;
}

/**
 * Looks what the server has of a run, and compares it with folders by the digests that the probes have sent.
 * @param folderOf of the copy of a probe
 */
export async function findStored(
  link: Link,
  id: string,
  folderOf: (probe: string) => string,
): Promise<StoredPart[]> {
  const parts: StoredPart[] = [];
  const filter = SUBJECTS.run(ANY, id);
  await readStream(
    link,
    { stream: STREAMS.runs.name, filter, isOnlyLast: true },
    async ({ subject, data, seq }) => {
      const probe = subject.split('.')[2] ?? '';
      const last = decodeRunPart(data);
      if (last?.part.kind !== 'end') {
        parts.push({ probe });
        return;
      }
      const folder = new RunCopy(folderOf(probe));
      await folder.add(last);
      // Only looked at: to receive it is for "fleet pull".
      parts.push({ probe, endsAt: seq, copy: await folder.check({ mends: false }) });
    },
  );
  // Only now: what a probe sent last just before this would else be counted as all that there is of it.
  const manager = await askAgain(() => link.jetstream.jetstreamManager());
  const { state } = await askAgain(() =>
    manager.streams.info(STREAMS.runs.name, { subjects_filter: filter }),
  );
  return parts
    .map((part) => {
      const isRemoved = part.endsAt !== undefined && state.subjects?.[SUBJECTS.run(part.probe, id)] === 1;
      return isRemoved ? { ...part, isRemoved } : part;
    })
    .sort((a, b) => (a.probe < b.probe ? -1 : 1));
}

/**
 * Removes what probes have sent of a run from the server, but for the message that says what it was: whoever receives
 * the run later is told what is missing, and does not wait for it.
 * @returns how many messages there were
 */
export async function removeStored(link: Link, id: string, parts: readonly StoredPart[]): Promise<number> {
  const manager = await askAgain(() => link.jetstream.jetstreamManager());
  let removed = 0;
  for (const { probe, endsAt } of parts) {
    const filter = SUBJECTS.run(probe, id);
    const upTo = endsAt === undefined ? { filter } : { filter, seq: endsAt };
    const { purged } = await askAgain(() => manager.streams.purge(STREAMS.runs.name, upTo));
    removed += purged;
  }
  return removed;
}
