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
  const reading = { stream: STREAMS.runs.name, filter: SUBJECTS.run(ANY, id), isOnlyLast: true };
  await readStream(link, reading, async ({ subject, data, seq }) => {
    const probe = subject.split('.')[2] ?? '';
    const last = decodeRunPart(data);
    if (last?.part.kind !== 'end') {
      parts.push({ probe });
      return;
    }
    const folder = new RunCopy(folderOf(probe));
    await folder.add(last);
    parts.push({ probe, endsAt: seq, copy: await folder.check() });
  });
  return parts.sort((a, b) => (a.probe < b.probe ? -1 : 1));
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
