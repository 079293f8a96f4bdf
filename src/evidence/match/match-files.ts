import { EnvironmentError } from '../../errors.ts';
import { HandshakeTracker } from '../handshakes/tracker.ts';
import type { HandshakeSeen } from '../handshakes/types.ts';
import type { CaptureFile } from '../pcap/read-files.ts';
import { type CaptureClock, readPackets } from '../pcap/read-packets.ts';
import { matchHandshakes } from './match.ts';
import { compareSides, type SidesReport } from './sides.ts';

/** Handshakes of a side that are held to be matched: some 1.5 kB each. */
const MAX_HANDSHAKES = 500_000;

/**
 * Matches the handshakes of two captures.
 * @throws UsageError if one is no capture; EnvironmentError if one cannot be read, or has too many handshakes
 */
export async function matchFiles(near: CaptureFile, far: CaptureFile): Promise<SidesReport> {
  const clock: CaptureClock = { baseSec: undefined };
  const nears = await readHandshakes(near, clock);
  return compareSides(matchHandshakes(nears, await readHandshakes(far, clock)));
}

async function readHandshakes({ path, shown }: CaptureFile, clock: CaptureClock): Promise<HandshakeSeen[]> {
  const seen: HandshakeSeen[] = [];
  const tracker = new HandshakeTracker({
    onHandshake(one) {
      if (one.synCount === 0) return;
      if (seen.length >= MAX_HANDSHAKES)
        throw new EnvironmentError(`${shown} has more than ${MAX_HANDSHAKES} handshakes, too many to match`, {
          hint: 'cut both captures to the time that matters with editcap -A and -B',
        });
      seen.push(one);
    },
  });
  await readPackets(
    path,
    shown,
    (packet, bytes, atUs, number) => tracker.take(packet, bytes, atUs, number),
    clock,
  );
  tracker.end();
  return seen;
}
