import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFrame, decodeQuoted } from '../../../src/net/wire/decode.ts';
import { createIcmp, readIcmp } from '../../../src/net/wire/icmp.ts';
import { PROTOCOL } from '../../../src/net/wire/ip.ts';
import { LINK_TYPE } from '../../../src/net/wire/link-types.ts';
import { createPacket, type Packet, TUNNEL } from '../../../src/net/wire/packet.ts';
import { readNeighbour } from '../../../src/net/wire/read-neighbour.ts';
import { createTcpOptions, readTcpOptions } from '../../../src/net/wire/tcp-options.ts';
import {
  anyEthernetFrame,
  anyIpv4Fields,
  anyIpv6Fields,
  anySegment,
  bigEndian,
  concat,
  ipv4Of,
  ipv6Of,
} from './frames.ts';

function decode(frame: Uint8Array, linkType: number = LINK_TYPE.RAW) {
  const packet = createPacket();
  const unread = decodeFrame(packet, frame, 0, frame.length, linkType);
  return { packet, unread };
}

const SEGMENT = {
  ...{ sourcePort: 40_000, destinationPort: 3_128, seq: 0xffff_fff0, ack: 7, flags: 0x112, window: 500 },
  ...{ options: Uint8Array.of(2, 4, 5, 0xb4), payload: Uint8Array.of(1, 2, 3) },
};
const FIELDS_4 = {
  ...{
    source: Uint8Array.of(192, 0, 2, 1),
    destination: Uint8Array.of(192, 0, 2, 2),
    ttl: 64,
    trafficClass: 0xb9,
  },
  ...{ id: 9, mayFragment: false, moreFragments: false, fragmentOffset: 0, options: new Uint8Array() },
};
const IPV4 = ipv4Of(FIELDS_4, SEGMENT);
const MACS = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];

describe('decoding', () => {
  it('reads what was built: IPv4 and TCP', () => {
    fc.assert(
      fc.property(anyIpv4Fields, anySegment, (fields, segment) => {
        const bytes = ipv4Of({ ...fields, fragmentOffset: 0, moreFragments: false }, segment);
        const { packet, unread } = decode(bytes);
        const optionBytes = Math.ceil(segment.options.length / 4) * 4;
        expect(unread).toBeUndefined();
        expect(packet).toMatchObject({
          ...{ version: 4, ttl: fields.ttl, ipId: fields.id, trafficClass: fields.trafficClass },
          ...{ dontFragment: !fields.mayFragment, moreFragments: false, protocol: PROTOCOL.TCP },
          ...{ headerBytes: 20 + fields.options.length, end: bytes.length },
          ...{ sourcePort: segment.sourcePort, destinationPort: segment.destinationPort, seq: segment.seq },
          ...{ ack: segment.ack, flags: segment.flags, window: segment.window },
          payloadBytes: segment.payload.length,
        });
        expect(bytes.subarray(packet.sourceAt, packet.sourceAt + 4)).toEqual(fields.source);
        expect(bytes.subarray(packet.destinationAt, packet.destinationAt + 4)).toEqual(fields.destination);
        expect(bytes.subarray(packet.payloadAt, packet.end)).toEqual(segment.payload);
        const options = concat(segment.options, new Uint8Array(optionBytes - segment.options.length));
        expect(bytes.subarray(packet.optionsAt, packet.optionsEnd)).toEqual(options);
      }),
    );
  });

  it('reads what was built: IPv6, extension headers, TCP', () => {
    fc.assert(
      fc.property(anyIpv6Fields, anySegment, (fields, segment) => {
        const bytes = ipv6Of(fields, ['hopByHop', 'fragment', 'destination', 'authentication'], segment);
        const { packet, unread } = decode(bytes);
        expect(unread).toBeUndefined();
        expect(packet).toMatchObject({
          ...{ version: 6, ttl: fields.hopLimit, trafficClass: fields.trafficClass, ipId: 0xabcd_0123 },
          ...{
            fragmentOffset: 0,
            moreFragments: true,
            protocol: PROTOCOL.TCP,
            transportAt: 40 + 8 + 8 + 16 + 24,
          },
          ...{ seq: segment.seq, flags: segment.flags, payloadBytes: segment.payload.length },
        });
        expect(bytes.subarray(packet.sourceAt, packet.sourceAt + 16)).toEqual(fields.source);
        expect(bytes.subarray(packet.payloadAt, packet.end)).toEqual(segment.payload);
      }),
    );
  });

  it('knows no transport header of a later fragment', () => {
    const later = ipv4Of({ ...FIELDS_4, fragmentOffset: 1_480, moreFragments: true }, SEGMENT);
    const { packet, unread } = decode(later);
    expect(unread).toBe('later fragment');
    expect(packet).toMatchObject({
      ipId: 9,
      fragmentOffset: 1_480,
      moreFragments: true,
      transportAt: -1,
      sourcePort: -1,
    });
  });

  it('leaves padding out', () => {
    const { packet } = decode(concat(IPV4, [9, 9, 9, 9]));
    expect(packet).toMatchObject({ payloadBytes: 3, end: IPV4.length });
  });

  it('takes a length of 0 for all there is: the network card segments what is so sent', () => {
    const offloaded = IPV4.slice();
    offloaded.fill(0, 2, 4);
    expect(decode(offloaded)).toMatchObject({
      unread: undefined,
      packet: { payloadBytes: 3, seq: 0xffff_fff0 },
    });
  });

  it('forgets what the last frame had', () => {
    const packet = createPacket();
    decodeFrame(packet, IPV4, 0, IPV4.length, LINK_TYPE.RAW);
    decodeFrame(packet, new Uint8Array(3), 0, 3, LINK_TYPE.ETHERNET);
    expect(packet).toEqual(createPacket());
  });

  it('says of other protocols where they begin', () => {
    const arp = concat(MACS, bigEndian(0x0806, 2), new Array<number>(28).fill(0));
    expect(decode(arp, LINK_TYPE.ETHERNET)).toMatchObject({
      unread: 'not IP',
      packet: { etherType: 0x0806, networkAt: 14, version: 0, sourceMacAt: 6, destinationMacAt: 0 },
    });
  });
});

const ip = (protocol: number, body: Uint8Array) => {
  const packet = concat(IPV4.subarray(0, 20), body);
  packet[9] = protocol;
  packet.set(bigEndian(packet.length, 2), 2);
  return packet;
};
const bridged = concat(MACS, bigEndian(0x0800, 2), IPV4);
const ethernet = (...parts: Iterable<number>[]) => concat(MACS, ...parts);

describe('decoding tunnels', () => {
  it.each<[string, number, Uint8Array, number]>([
    ['a VLAN', TUNNEL.VLAN, ethernet([0x81, 0, 0x20, 5, 8, 0], IPV4), 1],
    ['two VLANs', TUNNEL.VLAN | TUNNEL.QINQ, ethernet([0x88, 0xa8, 0x20, 5, 0x81, 0, 0, 9, 8, 0], IPV4), 1],
    ['PPPoE', TUNNEL.PPPOE, ethernet([0x88, 0x64, 0x11, 0, 0, 1, 0, 60, 0, 0x21], IPV4), 1],
    ['GRE', TUNNEL.GRE, ip(47, concat([0, 0, 8, 0], IPV4)), LINK_TYPE.RAW],
    [
      'GRE with checksum, key and number',
      TUNNEL.GRE,
      ip(47, concat([0xb0, 0, 8, 0], MACS, IPV4)),
      LINK_TYPE.RAW,
    ],
    ['Ethernet in GRE', TUNNEL.GRE, ip(47, concat([0, 0, 0x65, 0x58], bridged)), LINK_TYPE.RAW],
    ['IP in IP', TUNNEL.IP_IN_IP, ip(4, IPV4), LINK_TYPE.RAW],
    [
      'VXLAN',
      TUNNEL.VXLAN,
      ip(
        17,
        concat(
          [1, 2, 0x12, 0xb5],
          bigEndian(16 + bridged.length, 2),
          [0, 0, 8, 0, 0, 0, 0, 0, 7, 0],
          bridged,
        ),
      ),
      LINK_TYPE.RAW,
    ],
  ])('takes off %s', (_, tunnels, frame, linkType) => {
    const { packet, unread } = decode(frame, linkType);
    expect(unread).toBeUndefined();
    expect(packet).toMatchObject({ tunnels, sourcePort: 40_000, seq: 0xffff_fff0, payloadBytes: 3, ttl: 64 });
    expect(packet.vlan).toBe((tunnels & TUNNEL.VLAN) === 0 ? -1 : 5);
  });

  it('knows nothing of the outer packet where there is no inner one', () => {
    const { packet, unread } = decode(ip(47, Uint8Array.of(0, 0, 8, 0)));
    expect(unread).toBe('cut short');
    expect(packet).toMatchObject({ tunnels: TUNNEL.GRE, version: 0, protocol: -1, transportAt: -1 });
  });

  it('does not go deeper than any network', () => {
    let packet = IPV4;
    for (let depth = 0; depth < 200; depth += 1) packet = ip(4, packet);
    expect(decode(packet).unread).toBe('nested too deeply');
    const tags = new Array<number[]>(200).fill([0x81, 0, 0, 1]).flat();
    expect(decode(ethernet(tags, [8, 0], IPV4), LINK_TYPE.ETHERNET).unread).toBe('nested too deeply');
  });
});

/** Places of a packet that are not -1 lie within what was captured. */
function expectWithin(packet: Packet, from: number, end: number): void {
  for (const key of [
    'sourceMacAt',
    'destinationMacAt',
    'networkAt',
    'sourceAt',
    'destinationAt',
    'transportAt',
  ] as const) {
    if (packet[key] === -1) continue;
    expect(packet[key]).toBeGreaterThanOrEqual(from);
    expect(packet[key]).toBeLessThanOrEqual(end);
  }
  if (packet.end !== -1) expect(packet.end).toBeLessThanOrEqual(end);
  if (packet.optionsEnd !== -1) expect(packet.optionsEnd).toBeLessThanOrEqual(packet.end);
}

/** A frame some bytes of which are others, as lengths and types that lie have it. */
const anyDamage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 6 });
const anyDamagedFrame = fc.tuple(anyEthernetFrame, anyDamage).map(([frame, damage]) => {
  const damaged = frame.slice();
  for (const [at, value] of damage) damaged[at % damaged.length] = value;
  return damaged;
});
const anyLinkType = fc.constantFrom<number>(...Object.values(LINK_TYPE), 127);
const anyBytes = fc.oneof(anyDamagedFrame, fc.uint8Array({ maxLength: 200 }));

/** All that can be read of a frame. */
function readAll(bytes: Uint8Array, at: number, end: number, linkType: number) {
  const packet = createPacket();
  const quoted = createPacket();
  const icmp = createIcmp();
  const options = createTcpOptions();
  const unread = decodeFrame(packet, bytes, at, end, linkType);
  expectWithin(packet, at, Math.min(end, bytes.length));
  const isIcmp = readIcmp(icmp, bytes, packet);
  const why = icmp.quotedAt === -1 ? undefined : decodeQuoted(quoted, bytes, icmp.quotedAt, icmp.quotedEnd);
  expectWithin(quoted, at, Math.min(end, bytes.length));
  const areWellFormed = readTcpOptions(options, bytes, packet.optionsAt, packet.optionsEnd);
  const neighbour = readNeighbour(bytes, packet);
  return {
    packet,
    unread,
    icmp,
    isIcmp,
    quoted,
    why,
    options,
    areWellFormed,
    isNeighbour: neighbour !== undefined,
  };
}

describe('decoding hostile bytes', () => {
  it('never throws, and reads nothing beyond the end', () => {
    fc.assert(
      fc.property(anyBytes, fc.nat(250), anyLinkType, bytesBehind(), (bytes, cut, linkType, behind) => {
        const end = Math.min(cut, bytes.length);
        const alone = readAll(bytes.slice(0, end), 0, end, linkType);
        // What stands in the buffer behind a frame is of other frames, and does not matter.
        expect(readAll(concat(bytes.subarray(0, end), behind), 0, end, linkType)).toEqual(alone);
        // Nor does an end beyond the buffer.
        expect(readAll(bytes.slice(0, end), 0, end + 500, linkType)).toEqual(alone);
      }),
      { numRuns: 3_000 },
    );
  });

  it('reads each place of a buffer alike', () => {
    fc.assert(
      fc.property(anyBytes, fc.integer({ min: 1, max: 40 }), (bytes, before) => {
        const shifted = concat(new Array<number>(before).fill(0xa5), bytes);
        const moved = readAll(shifted, before, shifted.length, LINK_TYPE.ETHERNET);
        const there = readAll(bytes, 0, bytes.length, LINK_TYPE.ETHERNET);
        expect(moved.unread).toBe(there.unread);
        expect(moved.packet.seq).toBe(there.packet.seq);
        expect(moved.options.kinds).toBe(there.options.kinds);
        if (there.packet.transportAt !== -1)
          expect(moved.packet.transportAt - before).toBe(there.packet.transportAt);
      }),
    );
  });
});

function bytesBehind(): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: 1, maxLength: 100 });
}
