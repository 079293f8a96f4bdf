import { AttemptReader } from '../../../src/evidence/near/attempt-reader.ts';
import {
  type MemoryOptions,
  PacketMemory,
  type PacketSource,
} from '../../../src/evidence/near/packet-memory.ts';
import type { NearFound } from '../../../src/evidence/near/types.ts';
import { NOTED_KINDS, type NotedKind } from '../../../src/metrics/noted.ts';
import { parseAddress } from '../../../src/net/addresses.ts';
import { LINK_ROOM_BYTES } from '../../../src/net/packet-socket/ring.ts';

export const SYN = 0x02;
export const RST = 0x04;
export const FIN = 0x01;
export const ACK = 0x10;
export const SYN_ACK = 0x12;

export const US = '10.0.0.2';
export const FAR = '10.0.0.1';
const LOCAL_PORT = 40_001;

/** A packet on its way between us and the far end. */
export interface Wire {
  /** Microseconds since the load's second 0. */
  readonly atUs: number;
  readonly way?: 'out' | 'in';
  readonly flags?: number;
  readonly seq?: number;
  readonly ack?: number;
  readonly ttl?: number;
  readonly ipId?: number;
  readonly us?: string;
  readonly far?: string;
  readonly localPort?: number;
  readonly port?: number;
  readonly payload?: string;
  readonly interfaceIndex?: number;
  readonly linkBytes?: number;
  /** An ICMP error from this address about what stands here. */
  readonly icmp?: { readonly sender: string; readonly type: number; readonly code: number };
}

const ORIGIN_US = 1_700_000_000_000_000;

export function networkBytes(wire: Wire): Uint8Array {
  const { way = 'out', us = US, far = FAR, localPort = LOCAL_PORT, port = 3_128 } = wire;
  const [from, to] = way === 'out' ? [us, far] : [far, us];
  const [fromPort, toPort] = way === 'out' ? [localPort, port] : [port, localPort];
  const tcp = tcpBytes(wire, fromPort, toPort);
  if (wire.icmp === undefined) return ipBytes(from, to, 6, tcp, wire);
  const quoted = ipBytes(us, far, 6, tcpBytes(wire, localPort, port), wire);
  const error = Uint8Array.of(wire.icmp.type, wire.icmp.code, 0, 0, 0, 0, 0, 0, ...quoted);
  return ipBytes(wire.icmp.sender, us, us.includes(':') ? 58 : 1, error, wire);
}

function tcpBytes({ flags = SYN, seq = 1_000, ack = 0, payload = '' }: Wire, from: number, to: number) {
  const options = (flags & SYN) === 0 ? [] : [2, 4, 5, 0xb4, 4, 2, 1, 1];
  const data = Buffer.from(payload);
  const bytes = new Uint8Array(20 + options.length + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, from);
  view.setUint16(2, to);
  view.setUint32(4, seq);
  view.setUint32(8, ack);
  bytes[12] = ((20 + options.length) / 4) << 4;
  bytes[13] = flags;
  view.setUint16(14, 64_240);
  bytes.set(options, 20);
  bytes.set(data, 20 + options.length);
  return bytes;
}

function ipBytes(from: string, to: string, protocol: number, data: Uint8Array, { ttl = 64, ipId = 0 }: Wire) {
  const [source, destination] = [parseAddress(from), parseAddress(to)];
  const head = new Uint8Array(source.length === 4 ? 20 : 40);
  const view = new DataView(head.buffer);
  if (source.length === 4) {
    head[0] = 0x45;
    view.setUint16(2, 20 + data.length);
    view.setUint16(4, ipId);
    head[8] = ttl;
    head[9] = protocol;
    head.set(source, 12);
    head.set(destination, 16);
  } else {
    head[0] = 0x60;
    view.setUint16(4, data.length);
    head[6] = protocol;
    head[7] = ttl;
    head.set(source, 8);
    head.set(destination, 24);
  }
  return Uint8Array.of(...head, ...data);
}

/** What a ring would hand over: headers of up to 128 bytes from the link header on. */
export function sourceOf(wire: Wire, bytes = networkBytes(wire)): PacketSource {
  const { linkBytes = 14, interfaceIndex = 2 } = wire;
  const captured = bytes.subarray(0, 128 - linkBytes);
  const us = ORIGIN_US + wire.atUs;
  return {
    packet: {
      ...{ bytes, from: 0, to: 0 },
      seconds: Math.floor(us / 1_000_000),
      nanoseconds: Math.round((us % 1_000_000) * 1_000),
      isChecked: true,
    },
    readOrigin(origin) {
      Object.assign(origin, { interfaceIndex, hardware: 1, kind: wire.way === 'in' ? 0 : 4, linkBytes });
      Object.assign(origin, { capturedBytes: captured.length, wireBytes: bytes.length });
    },
    copyNetwork(into, at, count) {
      const all = new Uint8Array(LINK_ROOM_BYTES + 128);
      all.set(captured, LINK_ROOM_BYTES);
      into.set(new Int32Array(all.buffer).subarray(0, count), at);
    },
  };
}

export interface Asked {
  readonly kind: NotedKind;
  readonly attempt?: number;
  readonly startedAtUs?: number;
  readonly sourcePort?: number;
}

/** A memory that packets go into, and what it tells of attempts. */
export class Bench {
  readonly #reader: AttemptReader;
  readonly memory: PacketMemory;
  #lostAtUs = Number.NEGATIVE_INFINITY;

  constructor(options: Partial<MemoryOptions> & { far?: string; sources?: readonly string[] } = {}) {
    const { far = FAR, sources = [], ...rest } = options;
    const name = far.includes(':') ? `[${far}]:3128` : `${far}:3128`;
    this.#reader = new AttemptReader([
      { name: 'first', endpoints: [{ address: far, port: 3_128, name }], sources },
    ]);
    const { endpoints } = this.#reader;
    this.memory = new PacketMemory({ endpoints, horizonUs: 30_000_000, recent: 64, unanswered: 64, ...rest });
  }

  take(...wires: readonly Wire[]): this {
    for (const wire of wires) this.memory.take(sourceOf(wire), 0);
    return this;
  }

  takeBytes(bytes: Uint8Array, atUs: number): void {
    this.memory.take(sourceOf({ atUs }, bytes), 0);
  }

  lose(atUs: number): void {
    this.#lostAtUs = ORIGIN_US + atUs;
  }

  read(...asked: readonly Asked[]): Omit<NearFound, 'dropped'> {
    const noted = asked.flatMap(({ kind, attempt = 12, startedAtUs = 0, sourcePort = LOCAL_PORT }) => [
      ...[0, 0, 0, sourcePort, attempt, 0, NOTED_KINDS.indexOf(kind), startedAtUs, startedAtUs + 3_000_000],
    ]);
    return this.#reader.read(this.memory, Float64Array.from(noted), {
      originUs: ORIGIN_US,
      lostAtUs: this.#lostAtUs,
      nameInterface: (index) => `if${index}`,
    });
  }

  /** What met the SYNs of one attempt. */
  met(kind: NotedKind, rest: Partial<Asked> = {}): string {
    return this.read({ kind, ...rest }).kept[0]!.evidence.met;
  }
}
