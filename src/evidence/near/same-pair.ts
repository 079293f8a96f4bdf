import type { Tuple } from './read-tuple.ts';

/** Whether one packet goes the way back of the other, between the same addresses and ports; both in the same memory. */
export function isOpposite(bytes: Uint8Array, one: Tuple, other: Tuple): boolean {
  return (
    one.sourcePort === other.destinationPort &&
    one.destinationPort === other.sourcePort &&
    one.addressBytes === other.addressBytes &&
    isSameAt(bytes, one.sourceAt, bytes, other.destinationAt, one.addressBytes) &&
    isSameAt(bytes, one.destinationAt, bytes, other.sourceAt, one.addressBytes)
  );
}

/** Whether both are of one pair of addresses and ports, whichever way each goes. */
export function isSamePair(bytes: Uint8Array, one: Tuple, otherBytes: Uint8Array, other: Tuple): boolean {
  if (one.addressBytes !== other.addressBytes) return false;
  const isSame = one.sourcePort === other.sourcePort && one.destinationPort === other.destinationPort;
  const isTurned = one.sourcePort === other.destinationPort && one.destinationPort === other.sourcePort;
  const length = one.addressBytes;
  return (
    (isSame &&
      isSameAt(bytes, one.sourceAt, otherBytes, other.sourceAt, length) &&
      isSameAt(bytes, one.destinationAt, otherBytes, other.destinationAt, length)) ||
    (isTurned &&
      isSameAt(bytes, one.sourceAt, otherBytes, other.destinationAt, length) &&
      isSameAt(bytes, one.destinationAt, otherBytes, other.sourceAt, length))
  );
}

export function isSameAt(
  bytes: Uint8Array,
  at: number,
  others: Uint8Array,
  otherAt: number,
  length: number,
): boolean {
  for (let index = 0; index < length; index += 1)
    if (bytes[at + index] !== others[otherAt + index]) return false;
  return true;
}
