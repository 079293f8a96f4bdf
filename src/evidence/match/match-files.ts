import { HandshakeTracker } from '../handshakes/tracker.ts';
import type { HandshakeSeen } from '../handshakes/types.ts';
import type { CaptureFile } from '../pcap/read-files.ts';
import { type CaptureClock, type PacketFacts, readPackets } from '../pcap/read-packets.ts';
import { FarCandidates } from './far-candidates.ts';
import { matchHandshakes } from './match.ts';
import { NearSample } from './near-sample.ts';
import { compareSides, type SidesReport } from './sides.ts';

/** Takes the bytes that were read of a file so far. */
export type OnBytes = (file: CaptureFile, bytes: number) => void;

/**
 * Matches the handshakes of two captures, in memory that does not grow with them.
 * @throws UsageError if one is no capture; EnvironmentError if one cannot be read
 */
export async function matchFiles(
  near: CaptureFile,
  far: CaptureFile,
  onBytes?: OnBytes,
): Promise<SidesReport> {
  const clock: CaptureClock = { baseSec: undefined };
  const sample = new NearSample();
  await readHandshakes([near], clock, { onHandshake: (seen) => sample.add(seen), onBytes });
  const candidates = new FarCandidates(sample.handshakes);
  await readHandshakes([far], clock, { onHandshake: (seen) => candidates.add(seen), onBytes });
  return compareSides(matchHandshakes(candidates), sample.leftOut);
}

interface HandshakeReading {
  readonly onHandshake: (seen: HandshakeSeen) => void;
  readonly readToken?: ConstructorParameters<typeof HandshakeTracker>[0]['readToken'];
  readonly onBytes?: OnBytes | undefined;
}

/** Hands on each handshake of a capture, whose pieces are read in their order. @returns what is told of each file */
export async function readHandshakes(
  files: readonly CaptureFile[],
  clock: CaptureClock,
  { onHandshake, readToken, onBytes }: HandshakeReading,
): Promise<PacketFacts[]> {
  const tracker = new HandshakeTracker({ onHandshake, ...(readToken === undefined ? {} : { readToken }) });
  const facts: PacketFacts[] = [];
  for (const file of files)
    facts.push(
      await readPackets(
        file.path,
        file.shown,
        (packet, bytes, atUs, number) => tracker.take(packet, bytes, atUs, number),
        clock,
        (bytes) => onBytes?.(file, bytes),
      ),
    );
  tracker.end();
  return facts;
}
