import fc from 'fast-check';
import { ETHER_TYPE } from '../../../src/net/wire/ethernet.ts';
import { PROTOCOL, writeIpv4, writeIpv6 } from '../../../src/net/wire/ip.ts';
import { tcpBytes, writeTcp } from '../../../src/net/wire/tcp.ts';
import { anyIpv4, anyIpv6, anyMac, bytesOf, written } from './arbitraries.ts';

const anyWord = fc.integer({ min: 0, max: 0xffff });
const anyLongWord = fc.integer({ min: 0, max: 0xffff_ffff });

export function concat(...parts: readonly Iterable<number>[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

export function bigEndian(value: number, bytes: 2 | 4): number[] {
  const octets = [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
  return octets.slice(4 - bytes);
}

/** One of each kind, in any order, with padding among them: at most 40 bytes. */
const anyOptions = fc
  .tuple(
    fc.uniqueArray(fc.constantFrom('mss', 'scale', 'permitted', 'sack', 'stamps', 'cookie', 'ecn', 'other'), {
      maxLength: 8,
    }),
    fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
    bytesOf(40),
  )
  .map(([names, nops, noise]) => {
    const options: Uint8Array[] = [];
    let left = 40;
    names.forEach((name, index) => {
      const option = concat(nops[index] ? [1] : [], makeOption(name, noise.subarray(index * 4)));
      if (option.length > left) return;
      left -= option.length;
      options.push(option);
    });
    return concat(...options);
  });

function makeOption(name: string, noise: Uint8Array): Uint8Array {
  const of = (kind: number, length: number) =>
    concat(
      [kind, length + 2],
      Array.from({ length }, (_, index) => noise[index % noise.length]!),
    );
  if (name === 'mss') return of(2, 2);
  if (name === 'scale') return concat([3, 3], [noise[0]! % 15]);
  if (name === 'permitted') return of(4, 0);
  if (name === 'sack') return of(5, 8 * (1 + (noise[0]! % 4)));
  if (name === 'stamps') return of(8, 8);
  if (name === 'cookie') return of(34, [0, 4, 8, 16][noise[0]! % 4]!);
  if (name === 'ecn') return of(noise[0]! % 2 === 0 ? 172 : 174, 3 * (noise[1]! % 4));
  return of(70 + (noise[0]! % 60), noise[1]! % 10);
}

/** A TCP segment; nothing of it makes tcpdump read its payload as that of a program. */
export const anySegment = fc.record({
  sourcePort: fc.integer({ min: 40_000, max: 65_535 }),
  destinationPort: fc.integer({ min: 40_000, max: 65_535 }),
  seq: anyLongWord,
  ack: anyLongWord,
  flags: fc.integer({ min: 0, max: 0x1ff }),
  window: anyWord,
  options: anyOptions,
  payload: fc.uint8Array({ maxLength: 40 }),
});

export const anyIpv4Fields = fc.record({
  source: anyIpv4,
  destination: anyIpv4,
  ttl: fc.integer({ min: 1, max: 255 }),
  trafficClass: fc.integer({ min: 0, max: 255 }),
  id: anyWord,
  mayFragment: fc.boolean(),
  moreFragments: fc.boolean(),
  fragmentOffset: fc.oneof(
    { weight: 4, arbitrary: fc.constant(0) },
    fc.integer({ min: 1, max: 8_000 }).map((eights) => eights * 8),
  ),
  // No operation, a recorded route, an end.
  options: fc
    .constantFrom([], [1, 1, 1, 0], [7, 7, 4, 192, 0, 2, 9, 0])
    .map((bytes) => Uint8Array.from(bytes)),
});

export const anyIpv6Fields = fc.record({
  source: anyIpv6,
  destination: anyIpv6,
  hopLimit: fc.integer({ min: 1, max: 255 }),
  trafficClass: fc.integer({ min: 0, max: 255 }),
  flowLabel: fc.integer({ min: 0, max: 0xfffff }),
});

type Value<T> = T extends fc.Arbitrary<infer V> ? V : never;
export type Segment = Value<typeof anySegment>;
export type Ipv4Fields = Value<typeof anyIpv4Fields>;
export type Ipv6Fields = Value<typeof anyIpv6Fields>;

export function ipv4Of(fields: Ipv4Fields, segment: Segment): Uint8Array {
  return written((into) => {
    const payloadBytes = tcpBytes(segment);
    const at = writeIpv4(into, 0, { ...fields, protocol: PROTOCOL.TCP, payloadBytes });
    return writeTcp(into, at, segment, fields.source, fields.destination);
  });
}

/** Extension headers, each written with the number of what follows. */
const EXTENSIONS: Readonly<Record<string, (next: number) => number[]>> = {
  hopByHop: (next) => [next, 0, 5, 2, 0, 0, 1, 0],
  destination: (next) => [next, 1, 1, 12, ...new Array<number>(12).fill(0)],
  authentication: (next) => [
    next,
    4,
    0,
    0,
    ...bigEndian(1, 4),
    ...bigEndian(2, 4),
    ...new Array<number>(12).fill(9),
  ],
  fragment: (next) => [next, 0, 0, 1, ...bigEndian(0xabcd_0123, 4)],
  laterFragment: (next) => [next, 0, 5, 0xa8, ...bigEndian(0xabcd_0123, 4)],
};
const NUMBERS: Readonly<Record<string, number>> = {
  ...{ hopByHop: 0, destination: 60, authentication: 51, fragment: 44, laterFragment: 44 },
};

/** In the order of RFC 8200 section 4.1; behind an authentication header tcpdump reads no other. */
export const anyExtensions = fc
  .tuple(
    fc.subarray(['hopByHop', 'destination', 'authentication']),
    fc.constantFrom(undefined, 'fragment', 'laterFragment'),
  )
  .map(([others, fragment]) => {
    const all = fragment === undefined ? others : [...others, fragment];
    const order = ['hopByHop', 'fragment', 'laterFragment', 'destination', 'authentication'];
    return all.sort((one, other) => order.indexOf(one) - order.indexOf(other));
  });

export function ipv6Of(fields: Ipv6Fields, extensions: readonly string[], segment: Segment): Uint8Array {
  const numbers = [...extensions.map((name) => NUMBERS[name]!), PROTOCOL.TCP];
  const headers = concat(...extensions.map((name, index) => EXTENSIONS[name]!(numbers[index + 1]!)));
  return written((into) => {
    const payloadBytes = headers.length + tcpBytes(segment);
    const at = writeIpv6(into, 0, { ...fields, nextHeader: numbers[0]!, payloadBytes });
    into.set(headers, at);
    return writeTcp(into, at + headers.length, segment, fields.source, fields.destination);
  });
}

export const anyIpPacket = fc.oneof(
  fc.tuple(anyIpv4Fields, anySegment).map(([fields, segment]) => ipv4Of(fields, segment)),
  fc
    .tuple(anyIpv6Fields, anyExtensions, anySegment)
    .map(([fields, extensions, segment]) => ipv6Of(fields, extensions, segment)),
);

export function etherTypeOf(packet: Uint8Array): number {
  return packet[0]! >> 4 === 4 ? ETHER_TYPE.IPV4 : ETHER_TYPE.IPV6;
}

const anyTags = fc.array(fc.tuple(fc.constantFrom(0x8100, 0x88a8), anyWord), { maxLength: 2 });

/** Ethernet with up to two VLAN tags; padded as a cable needs it, where `isPadded`. */
export const anyEthernetFrame = fc
  .tuple(anyMac, anyMac, anyTags, anyIpPacket, fc.boolean())
  .map(([destination, source, tags, packet, isPadded]) => {
    const types = [...tags.map(([type]) => type), etherTypeOf(packet)];
    const tagged = tags.flatMap(([, tag], index) => [
      ...bigEndian(tag, 2),
      ...bigEndian(types[index + 1]!, 2),
    ]);
    const frame = concat(destination, source, bigEndian(types[0]!, 2), tagged, packet);
    return isPadded ? concat(frame, new Array<number>(Math.max(0, 60 - frame.length)).fill(0)) : frame;
  });
