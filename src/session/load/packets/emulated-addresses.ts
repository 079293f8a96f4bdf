import { UsageError } from '../../../errors.ts';
import { formatAddress, parseAddress } from '../../../net/addresses.ts';
import type { SourceAddress } from '../../../scenario/types.ts';

/**
 * As many clients as a school district has behind one firewall. Each address is probed, is learnt by the next hop and
 * is kept by the engine with all its ports; the engine cannot number more than 65,536.
 */
export const MAX_EMULATED = 16_384;

/** Addresses that no host can have, by their leading bits (RFC 6890, RFC 4291), and what they are for. */
const UNUSABLE: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/^0\.|^::$/, 'reserved addresses'],
  [/^127\.|^::1$/, 'loopback addresses'],
  [/^(22[4-9]|23\d)\.|^ff/, 'multicast addresses'],
  [/^2[45]\d\./, 'reserved addresses'],
  [/^169\.254\.|^fe[89ab]/, 'link-local addresses, which each host makes for itself'],
];

/**
 * The host addresses of the networks whose hosts to emulate, each once, in the order written. An IPv4 network's own
 * address and its broadcast address are left out, except for /31 (RFC 3021) and /32; so is an IPv6 network's first
 * address, the subnet-router anycast address (RFC 4291 section 2.6.1), except for /127 (RFC 6164) and /128.
 * @throws UsageError if there are more than {@link MAX_EMULATED}, over both families, or if no host can have them
 */
export function expandEmulated(arm: string, written: readonly SourceAddress[]): string[] {
  const found = new Set<string>();
  for (const entry of written) {
    const { first, last } = rangeOf(arm, entry);
    if (last - first >= BigInt(MAX_EMULATED)) throw tooMany(arm);
    const { length } = addressOf(entry);
    for (let address = first; address <= last; address += 1n) found.add(format(address, length));
  }
  if (found.size > MAX_EMULATED) throw tooMany(arm);
  const addresses = [...found];
  for (const [pattern, what] of UNUSABLE) {
    const address = addresses.find((one) => pattern.test(one));
    if (address === undefined) continue;
    throw new UsageError(`arm ${arm}: ${address} cannot be emulated: these are ${what}`, {
      hint: 'use unused addresses of the clients’ network, such as 10.1.0.0/22',
    });
  }
  if (new Set(addresses.map((address) => address.includes(':'))).size > 1) {
    throw new UsageError(`arm ${arm}: its emulated addresses mix IPv4 and IPv6`, {
      hint: 'use a separate arm for each family',
    });
  }
  return addresses;
}

function tooMany(arm: string): UsageError {
  return new UsageError(`arm ${arm}: more than ${MAX_EMULATED} emulated addresses`, {
    hint: 'use a smaller network, such as a /18 (IPv6: /114)',
  });
}

function addressOf(entry: SourceAddress): Uint8Array {
  return parseAddress(
    entry.kind === 'network' ? entry.network : entry.kind === 'address' ? entry.address : '',
  );
}

function rangeOf(arm: string, entry: SourceAddress): { first: bigint; last: bigint } {
  if (entry.kind !== 'network' && entry.kind !== 'address') {
    throw new UsageError(`arm ${arm}: emulated addresses must be listed`, {
      hint: 'write source: { addresses: 10.1.0.0/22, emulate: true }',
    });
  }
  const bytes = addressOf(entry);
  const bits = bytes.length * 8;
  const size = 1n << BigInt(bits - (entry.kind === 'network' ? entry.prefix : bits));
  const value = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  const base = value - (value % size);
  if (size <= 2n) return { first: base, last: base + size - 1n };
  return { first: base + 1n, last: base + size - (bits === 32 ? 2n : 1n) };
}

function format(value: bigint, length: number): string {
  const bytes = new Uint8Array(length);
  for (let at = length - 1, rest = value; at >= 0; at -= 1, rest /= 256n) bytes[at] = Number(rest % 256n);
  return formatAddress(bytes);
}
