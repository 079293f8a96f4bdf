import { parseAddress } from '../addresses.ts';

/** Consecutive addresses without gaps, first and last. */
export interface AddressRange {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
}

/** The smallest number of ranges that contain exactly these addresses, ascending. All of one family. */
export function addressRanges(addresses: readonly string[]): AddressRange[] {
  const parsed = addresses.map(parseAddress).sort(compare);
  const ranges: { from: Uint8Array; to: Uint8Array }[] = [];
  for (const address of parsed) {
    const last = ranges.at(-1);
    if (last !== undefined && compare(last.to, address) === 0) continue;
    if (last !== undefined && compare(after(last.to), address) === 0) last.to = address;
    else ranges.push({ from: address, to: address });
  }
  return ranges;
}

function compare(one: Uint8Array, other: Uint8Array): number {
  for (const [index, byte] of one.entries()) {
    if (byte !== other[index]) return byte - other[index]!;
  }
  return 0;
}

/** The next address; after the last one, the first. */
function after(address: Uint8Array): Uint8Array {
  const next = Uint8Array.from(address);
  for (let at = next.length - 1; at >= 0; at -= 1) {
    next[at] = next[at]! + 1;
    if (next[at] !== 0) break;
  }
  return next;
}
