import { type Arena, type Region, sockaddrLength, writePort, writeSockaddr } from '../../net/index.ts';
import { writeNonce } from '../http/nonce.ts';
import type { CompiledRequest, EngineArm } from '../types.ts';

/** An address in memory, ready for connect() or bind(). */
export interface PreparedAddress {
  readonly family: 4 | 6;
  readonly at: Region;
  readonly length: number;
}

/** An arm with everything that is passed to the kernel already in memory. */
export interface PreparedArm {
  readonly arm: EngineArm;
  readonly endpoints: readonly PreparedAddress[];
  readonly sources: readonly PreparedAddress[];
  /** Wildcard addresses, for binding only a port. */
  readonly anySource: Readonly<Record<4 | 6, PreparedAddress>>;
  readonly request: PreparedRequest | undefined;
}

export interface PreparedRequest {
  readonly at: Region;
  readonly compiled: CompiledRequest;
}

/** An address's share of an arena: struct sockaddr_in6, rounded up. */
const ADDRESS_BYTES = 32;

/** Maximum bytes of an arena that {@link prepareArm} takes. */
export function preparedBytes(arm: EngineArm): number {
  const addresses = arm.endpoints.length + arm.sources.length + 2;
  return addresses * ADDRESS_BYTES + (arm.request?.bytes.length ?? 0) + 8;
}

/** @throws RangeError if an address is not a literal of its family */
export function prepareArm(arm: EngineArm, arena: Arena): PreparedArm {
  return {
    arm,
    endpoints: arm.endpoints.map(({ family, address, port }) => prepareAddress(arena, family, address, port)),
    sources: arm.sources.map((address) => prepareAddress(arena, address.includes(':') ? 6 : 4, address, 0)),
    anySource: {
      4: prepareAddress(arena, 4, undefined, 0),
      6: prepareAddress(arena, 6, undefined, 0),
    },
    request: arm.request === undefined ? undefined : prepareRequest(arena, arm.request),
  };
}

/** The address to bind for an attempt; undefined if nothing is to be bound. */
export function selectSource(
  prepared: PreparedArm,
  family: 4 | 6,
  source: number,
  port: number,
): PreparedAddress | undefined {
  if (source < 0 && port === 0) return undefined;
  const address = source < 0 ? prepared.anySource[family] : prepared.sources[source];
  if (address === undefined) throw new RangeError(`no source ${source} in the arm`);
  writePort(address.at.bytes, port);
  return address;
}

/** Writes an attempt's number into the request, which all attempts of the arm share. */
export function placeNonce({ at, compiled }: PreparedRequest, attempt: number): void {
  const { nonceOffsets, nonceWidth } = compiled;
  for (let index = 0; index < nonceOffsets.length; index++) {
    writeNonce(at.bytes, nonceOffsets[index]!, nonceWidth, attempt);
  }
}

function prepareAddress(
  arena: Arena,
  family: 4 | 6,
  address: string | undefined,
  port: number,
): PreparedAddress {
  const at = arena.take(ADDRESS_BYTES);
  writeSockaddr(at.bytes, family, address, port);
  return { family, at, length: sockaddrLength(family) };
}

function prepareRequest(arena: Arena, compiled: CompiledRequest): PreparedRequest {
  const at = arena.take(compiled.bytes.length);
  at.bytes.set(compiled.bytes);
  return { at, compiled };
}
