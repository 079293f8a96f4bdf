import type { Link } from '../connect.ts';
import { type Presence, presence, readMessage } from '../messages.ts';
import { STREAMS, SUBJECTS } from '../protocol.ts';
import { readStream } from './read-stream.ts';

/** A probe says that it is there every 15 s: whoever has missed it four times is not. */
const GONE_AFTER_MS = 60_000;

export interface KnownProbe extends Presence {
  /** When the server last heard of it, milliseconds since 1970 by the clock of the server. */
  readonly seenAtMs: number;
  readonly isPresent: boolean;
}

/** Every probe that the server has heard of, by id. @param nowMs milliseconds since 1970 */
export async function readProbes(link: Link, nowMs: number): Promise<KnownProbe[]> {
  const probes: KnownProbe[] = [];
  const reading = { stream: STREAMS.probes.name, filter: SUBJECTS.presence('*'), isOnlyLast: true };
  await readStream(link, reading, (message) => {
    const read = readMessage(presence, message.data);
    // A probe can only write what is its own; its message has to say the same.
    if (read === undefined || message.subject !== SUBJECTS.presence(read.probe)) return;
    const seenAtMs = Number(message.timestampNanos / 1_000_000n);
    probes.push({ ...read, seenAtMs, isPresent: nowMs - seenAtMs < GONE_AFTER_MS });
  });
  return probes.sort((a, b) => (a.probe < b.probe ? -1 : 1));
}
