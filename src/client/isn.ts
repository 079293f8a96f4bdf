import { createRandom } from '../random.ts';
import { addressWord, type HashKey, halfSipHash, readKey } from './half-sip-hash.ts';
import type { IsnPolicy } from './types.ts';

/** Chooses initial sequence numbers. All numbers are signed 32-bit integers: `>>> 0` gives the value in the packet. */
export interface IsnGenerator {
  /** Represents an address in `next`; computed once for each. @param address 4 or 16 bytes */
  addressWord(address: Uint8Array): number;
  /**
   * The number for a connection that begins now. Allocates nothing.
   * @param local from addressWord
   * @param remote likewise
   * @param timeUs microseconds on any clock that never goes back, up to 2^48; fractions count
   */
  next(local: number, remote: number, localPort: number, remotePort: number, timeUs: number): number;
}

/** RFC 6528 section 3: M is a timer of 4 microseconds. */
const RFC_STEP_NS = 4_000;

/**
 * @param secret at least 8 bytes; equal ones give equal numbers
 * @param stepNs of the clock in `rfc6528`, nanoseconds: see ClientProfile
 */
export function createIsnGenerator(
  policy: IsnPolicy,
  secret: Uint8Array,
  stepNs: number = RFC_STEP_NS,
): IsnGenerator {
  const key = readKey(secret);
  return { addressWord: (address) => addressWord(key, address), next: nextOf(policy, key, stepNs) };
}

function nextOf(policy: IsnPolicy, key: HashKey, stepNs: number): IsnGenerator['next'] {
  switch (policy) {
    case 'rfc6528': {
      const stepsPerUs = 1_000 / stepNs;
      return (local, remote, localPort, remotePort, timeUs) =>
        (hashTuple(key, local, remote, localPort, remotePort) + Math.floor(timeUs * stepsPerUs)) | 0;
    }
    case 'clock':
      return (_local, _remote, _localPort, _remotePort, timeUs) => Math.floor(timeUs) | 0;
    case 'random': {
      const random = createRandom(key.low ^ key.high);
      return () => (random() * 2 ** 32) | 0;
    }
    case 'repeat':
      return (local, remote, localPort, remotePort) => hashTuple(key, local, remote, localPort, remotePort);
  }
}

/** F of RFC 6528 section 3. */
function hashTuple(
  key: HashKey,
  local: number,
  remote: number,
  localPort: number,
  remotePort: number,
): number {
  return halfSipHash(key, 3, local, remote, (localPort << 16) | remotePort);
}
