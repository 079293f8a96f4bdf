import fc from 'fast-check';

export const anyMac = bytesOf(6);

/** Not 0.0.0.0, which has a meaning of its own to ARP. */
export const anyIpv4 = fc
  .tuple(fc.integer({ min: 1, max: 223 }), bytesOf(3))
  .map(([first, rest]) => Uint8Array.of(first, ...rest));

/** Unicast. Those that contain an IPv4 address are left out: tcpdump writes them in another way. */
export const anyIpv6 = fc
  .tuple(fc.constantFrom([0xfe, 0x80], [0x20, 0x01], [0xfd, 0x00]), bytesOf(14))
  .map(([prefix, rest]) => Uint8Array.of(...prefix, ...rest));

export function bytesOf(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length });
}

/** The same values each time, so that a failure can be seen again. */
export function sample<T>(arbitrary: fc.Arbitrary<T>, count: number): T[] {
  return fc.sample(arbitrary, { numRuns: count, seed: 15 });
}

/** What a function writes from the start of a buffer, one in which nothing is zero before. */
export function written(write: (into: Uint8Array) => number): Uint8Array {
  const into = new Uint8Array(2_048).fill(0xee);
  return into.slice(0, write(into));
}
