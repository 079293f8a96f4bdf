import type { JsMsg } from '@nats-io/jetstream';
import type { Link } from '../connect.ts';
import { type Presence, presence, readMessage } from '../messages.ts';
import { STREAMS, SUBJECTS } from '../protocol.ts';
import { readStream } from './read-stream.ts';

/** A probe says that it is there every 15 s: whoever has missed it four times is not, nor who said that it ends. */
const GONE_AFTER_MS = 60_000;

export interface KnownProbe extends Presence {
  /** When the server last heard of it, milliseconds since 1970 by the clock of the server. */
  readonly seenAtMs: number;
  readonly isPresent: boolean;
}

/** Every probe that the server has heard of, by id. @param nowMs milliseconds since 1970 */
export async function readProbes(link: Link, nowMs: number): Promise<KnownProbe[]> {
  const probes = new Map<string, KnownProbe>();
  const reading = { stream: STREAMS.probes.name, filter: SUBJECTS.presence('*'), isOnlyLast: true };
  await readStream(link, reading, (message) => noteProbe(probes, message, nowMs));
  return [...probes.values()].sort((a, b) => (a.probe < b.probe ? -1 : 1));
}

/** A probe may say again, while it is read, that it is there: the last word counts. */
export function noteProbe(
  probes: Map<string, KnownProbe>,
  { subject, data, timestampNanos }: Pick<JsMsg, 'subject' | 'data' | 'timestampNanos'>,
  nowMs: number,
): void {
  const read = readMessage(presence, data);
  // A probe can only write what is its own; its message has to say the same.
  if (read === undefined || subject !== SUBJECTS.presence(read.probe)) return;
  const seenAtMs = Number(timestampNanos / 1_000_000n);
  const isPresent = read.hasLeft !== true && nowMs - seenAtMs < GONE_AFTER_MS;
  probes.set(read.probe, { ...read, seenAtMs, isPresent });
}
