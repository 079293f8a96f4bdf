/** 64 bits of key as two words. */
export interface HashKey {
  readonly low: number;
  readonly high: number;
}

/** @param secret at least 8 bytes, of which the first 8 count */
export function readKey(secret: Uint8Array): HashKey {
  if (secret.length < 8) throw new RangeError(`a key of ${secret.length} bytes; 8 are needed`);
  const view = new DataView(secret.buffer, secret.byteOffset, 8);
  return { low: view.getInt32(0, true), high: view.getInt32(4, true) };
}

/**
 * HalfSipHash-1-3 (Aumasson and Bernstein; lib/siphash.c of Linux has it as hsiphash) of up to four 32-bit words. Uses
 * only 32-bit integers and no allocation, as it runs for each connection.
 * @param count how many of the words count, 1-4
 * @returns a signed 32-bit integer
 */
export function halfSipHash(
  { low, high }: HashKey,
  count: number,
  first: number,
  second = 0,
  third = 0,
  fourth = 0,
): number {
  let v0 = low | 0;
  let v1 = high | 0;
  let v2 = 0x6c796765 ^ low;
  let v3 = 0x74656462 ^ high;
  // A round for each word, one for the length and three to finish.
  for (let round = 0; round < count + 4; round += 1) {
    let word = 0;
    if (round < count) word = round < 2 ? (round === 0 ? first : second) : round === 2 ? third : fourth;
    else if (round === count) word = count << 26;
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
    if (round === count) v2 ^= 0xff;
  }
  return v1 ^ v3;
}

/**
 * Represents an address in the hash of a connection: 32 bits, computed once for each address.
 * @param address 4 bytes (IPv4) or 16 (IPv6)
 */
export function addressWord(key: HashKey, address: Uint8Array): number {
  const view = new DataView(address.buffer, address.byteOffset, address.length);
  if (address.length === 4) return view.getInt32(0);
  return halfSipHash(key, 4, view.getInt32(0), view.getInt32(4), view.getInt32(8), view.getInt32(12));
}
