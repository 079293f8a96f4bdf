import { createHash, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { MAX_TOKEN_CHARACTERS } from './fingerprint.ts';

/**
 * The protocol between a run and a peer, inside TLS 1.3: one line of JSON each way, then a pcapng from the peer until the run
 * closes its direction; the peer then ends the file with its statistics and closes too.
 */
export const PROTOCOL = 1;

/** Longest line of either side. */
export const MAX_LINE_BYTES = 4_096;

/** How long either side waits for the other's line. */
export const LINE_TIMEOUT_MS = 5_000;

/** Most ports that a peer watches. */
export const MAX_PORTS = 16;

/** Bytes kept of a packet: all headers that TCP over IP can have (14 + 60 + 60), without the payload. */
export const SNAP_BYTES = 128;

/** Most bytes of one capture. A busy minute is about one megabyte. */
export const MAX_CAPTURE_BYTES = 256 * 1_024 * 1_024;

const port = z.int().min(1).max(65_535);

/** Sent by a run, only after it has verified the peer's fingerprint. */
export const HELLO = z.strictObject({
  rushhour: z.literal(PROTOCOL),
  token: z.string().max(MAX_TOKEN_CHARACTERS),
});

export const ANSWER = z.union([
  z.strictObject({
    rushhour: z.literal(PROTOCOL),
    interface: z.string().max(64),
    ports: z.array(port).min(1).max(MAX_PORTS),
  }),
  z.strictObject({ refused: z.string().max(500) }),
]);

export type Hello = z.infer<typeof HELLO>;
export type Answer = z.infer<typeof ANSWER>;
export type Welcome = Exclude<Answer, { refused: string }>;

/** Compares secrets in constant time, whatever their lengths. */
export function isSameSecret(a: string, b: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}
