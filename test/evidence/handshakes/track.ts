import { expect } from 'vitest';
import {
  HandshakeTracker,
  type TrackerCounts,
  type TrackerOptions,
} from '../../../src/evidence/handshakes/tracker.ts';
import type { HandshakeSeen } from '../../../src/evidence/handshakes/types.ts';
import { decodeFrame } from '../../../src/net/wire/decode.ts';
import { LINK_TYPE } from '../../../src/net/wire/link-types.ts';
import { createPacket } from '../../../src/net/wire/packet.ts';
import type { Framed } from '../wire.ts';

/**
 * Connections of frames, in the order in which they were given up. The seed decides which of those given up share a place, and
 * so forget each other: one seed, one answer.
 */
export function track(
  frames: readonly Framed[],
  options: Omit<TrackerOptions, 'onHandshake'> = {},
): { seen: HandshakeSeen[]; counts: TrackerCounts } {
  const seen: HandshakeSeen[] = [];
  const tracker = new HandshakeTracker({
    capacity: 256,
    seed: 1,
    ...options,
    onHandshake: (one) => seen.push(one),
  });
  feed(tracker, frames);
  tracker.end();
  return { seen, counts: tracker.counts };
}

/** Lets a tracker take frames, one after the other. */
export function feed(tracker: HandshakeTracker, frames: readonly Framed[]): void {
  const packet = createPacket();
  for (const [index, { atUs, frame }] of frames.entries()) {
    expect(decodeFrame(packet, frame, 0, frame.length, LINK_TYPE.ETHERNET)).toBeUndefined();
    tracker.take(packet, frame, atUs, index + 1);
  }
}

/** The only connection of frames. */
export function trackOne(
  frames: readonly Framed[],
  options?: Omit<TrackerOptions, 'onHandshake'>,
): HandshakeSeen {
  const { seen } = track(frames, options);
  expect(seen).toHaveLength(1);
  return seen[0]!;
}
