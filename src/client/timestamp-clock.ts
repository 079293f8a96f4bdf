import { addressWord, type HashKey, halfSipHash, readKey } from './half-sip-hash.ts';
import type { ClientProfile } from './types.ts';

/** The clock of a client's timestamps option (RFC 7323 section 5.4). As in isn.ts, all numbers are signed 32-bit integers. */
export interface TimestampClock {
  /** Represents an address below; computed once for each. @param address 4 or 16 bytes */
  addressWord(address: Uint8Array): number;
  /** The offset of a connection's clock from `ticks`, constant for the connection. Parameters as in IsnGenerator. */
  startOf(local: number, remote: number, localPort: number, remotePort: number): number;
  /** The reading of the clock itself. */
  ticks(timeUs: number): number;
}

/** @param secret at least 8 bytes, different from the ISN's */
export function createTimestampClock(
  { timestampHz, timestampStart }: Pick<ClientProfile, 'timestampHz' | 'timestampStart'>,
  secret: Uint8Array,
): TimestampClock {
  const key = readKey(secret);
  const ticksPerUs = timestampHz / 1_000_000;
  return {
    addressWord: (address) => addressWord(key, address),
    startOf: startOf(timestampStart, key),
    ticks: (timeUs) => Math.floor(timeUs * ticksPerUs) | 0,
  };
}

function startOf(start: ClientProfile['timestampStart'], key: HashKey): TimestampClock['startOf'] {
  switch (start) {
    case 'tuple':
      return (local, remote, localPort, remotePort) =>
        halfSipHash(key, 3, local, remote, (localPort << 16) | remotePort);
    case 'hosts':
      return (local, remote) => halfSipHash(key, 2, local, remote);
    case 'boot':
      return () => 0;
  }
}
