import { EnvironmentError, UsageError } from '../../errors.ts';
import { readCapture } from '../../net/capture/read-capture.ts';
import { CaptureError, type CaptureFacts } from '../../net/capture/types.ts';
import { decodeFrame } from '../../net/wire/decode.ts';
import { createPacket, type Packet, type Unread } from '../../net/wire/packet.ts';

/** What is told of a file's frames besides: those that are no whole packet, by reason. */
export interface PacketFacts {
  readonly capture: CaptureFacts;
  readonly unread: ReadonlyMap<Unread, number>;
}

/** What times of several captures count from. */
export interface CaptureClock {
  /** Second since 1970; undefined until a frame with a time has come. */
  baseSec: number | undefined;
}

/**
 * Takes each packet of a capture.
 * @param atUs since {@link CaptureClock.baseSec}, to a fraction of a microsecond; NaN: no time
 */
export type OnPacket = (packet: Readonly<Packet>, bytes: Uint8Array, atUs: number, number: number) => void;

/**
 * Reads the IP packets of a capture, whatever they are wrapped in.
 *
 * @param path a file, or a pipe
 * @param shown what the file is called in errors
 * @param clock where times count from; set by the first frame with a time, if nothing was before
 * @throws UsageError if it is no capture; EnvironmentError if it cannot be read
 */
export async function readPackets(
  path: string,
  shown: string,
  onPacket: OnPacket,
  clock: CaptureClock,
  onBytes?: (bytes: number) => void,
): Promise<PacketFacts> {
  const packet = createPacket();
  const unread = new Map<Unread, number>();
  try {
    const capture = await readCapture(
      path,
      ({ bytes, at, end, linkType, atUs, epochSec, number }) => {
        const why = decodeFrame(packet, bytes, at, end, linkType);
        if (why !== undefined) {
          unread.set(why, (unread.get(why) ?? 0) + 1);
          return;
        }
        clock.baseSec ??= epochSec;
        onPacket(packet, bytes, atUs + ((epochSec ?? 0) - (clock.baseSec ?? 0)) * 1e6, number);
      },
      onBytes,
    );
    return { capture, unread };
  } catch (error) {
    throw explain(error, shown);
  }
}

function explain(error: unknown, shown: string): unknown {
  if (error instanceof CaptureError)
    return new UsageError(`${shown} ${error.message}`, {
      hint: 'use a file written by tcpdump -w, dumpcap or Wireshark: pcap or pcapng, gzipped or not',
      cause: error,
    });
  const { syscall, message } = error as NodeJS.ErrnoException;
  if (syscall === undefined) return error;
  return new EnvironmentError(`${shown} cannot be read (${message})`, {
    hint: 'check the path and its permissions',
    cause: error,
  });
}
