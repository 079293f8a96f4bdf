import type { Likeness } from '../../metrics/evidence.ts';
import { parseAddress } from '../../net/addresses.ts';
import type { FilterEndpoint } from '../../net/packet-socket/handshake-filter.ts';

/** An address and port that a run connects to, and the properties of its SYN-ACKs. */
export class WatchedEndpoint implements FilterEndpoint {
  readonly address: Uint8Array;
  readonly port: number;
  readonly name: string;
  /** SYN-ACKs by TTL. */
  readonly #ttls = new Uint32Array(256);
  #synAcks = 0;
  #withoutId = 0;

  /** @param name "address:port", as in the run's other files */
  constructor(address: string, port: number, name: string) {
    this.address = parseAddress(address);
    this.port = port;
    this.name = name;
  }

  noteSynAck(ttl: number, ipId: number): void {
    this.#ttls[ttl]! += 1;
    this.#synAcks += 1;
    if (ipId <= 0) this.#withoutId += 1;
  }

  /** Whether a packet's TTL is one that the SYN-ACKs of this endpoint had. */
  likenTtl(ttl: number): Likeness {
    if (this.#synAcks === 0 || ttl < 0) return 'unknown';
    return this.#ttls[ttl]! > 0 ? 'same' : 'other';
  }

  /**
   * Whether its IP ID is zero like those of all SYN-ACKs, or non-zero like all of theirs; `unknown` if both occurred or there is no IP ID.
   */
  likenIpId(ipId: number): Likeness {
    const isMixed = this.#withoutId > 0 && this.#withoutId < this.#synAcks;
    if (this.#synAcks === 0 || ipId < 0 || isMixed) return 'unknown';
    return (ipId === 0) === this.#withoutId > 0 ? 'same' : 'other';
  }
}

/** More than this are not searched for each SYN-ACK. */
const MOST_SEARCHED = 64;

/** The endpoint with this address and port; undefined if there are too many to search. */
export function findEndpoint(
  endpoints: readonly WatchedEndpoint[],
  bytes: Uint8Array,
  addressAt: number,
  port: number,
): WatchedEndpoint | undefined {
  if (endpoints.length > MOST_SEARCHED) return undefined;
  for (let index = 0; index < endpoints.length; index += 1) {
    const one = endpoints[index]!;
    if (one.port === port && holdsAddress(bytes, addressAt, one.address)) return one;
  }
  return undefined;
}

/** Whether these bytes are at this position. */
export function holdsAddress(bytes: Uint8Array, at: number, address: Uint8Array): boolean {
  for (let index = 0; index < address.length; index += 1)
    if (bytes[at + index] !== address[index]) return false;
  return true;
}
