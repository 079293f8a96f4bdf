import type { OptionsSeen } from '../../metrics/evidence.ts';
import type { Packet } from '../../net/wire/packet.ts';
import { createTcpOptions, readTcpOptions } from '../../net/wire/tcp-options.ts';

/** For packets without options: ICMP. */
export const NO_OPTIONS: OptionsSeen = {
  ...{ mss: -1, windowScale: -1, sackPermitted: false, timestamp: -1, timestampEcho: -1, kinds: '' },
};

const OPTIONS = createTcpOptions();

/**
 * The options of a segment, to be kept.
 * @param bytes the bytes the packet was decoded from
 */
export function readOptions(bytes: Uint8Array, packet: Readonly<Packet>): OptionsSeen {
  if (packet.optionsAt >= packet.optionsEnd) return NO_OPTIONS;
  readTcpOptions(OPTIONS, bytes, packet.optionsAt, packet.optionsEnd);
  const { mss, windowScale, sackPermitted, timestamp, timestampEcho, kinds } = OPTIONS;
  return { mss, windowScale, sackPermitted, timestamp, timestampEcho, kinds };
}
