import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAddress, formatMac, parseAddress, parseMac } from '../../../src/net/addresses.ts';
import { decodeFrame } from '../../../src/net/wire/decode.ts';
import { LINK_TYPE } from '../../../src/net/wire/link-types.ts';
import {
  macOfGroup,
  NEIGHBOUR_ADVERTISEMENT,
  NEIGHBOUR_FRAME_BYTES,
  NEIGHBOUR_SOLICITATION,
  solicitedNodeOf,
  writeNeighbourAdvertisement,
  writeNeighbourProbe,
  writeNeighbourSolicitation,
} from '../../../src/net/wire/neighbour-discovery.ts';
import { createPacket } from '../../../src/net/wire/packet.ts';
import { type Neighbour, readNeighbour } from '../../../src/net/wire/read-neighbour.ts';
import { makePcap, readByTcpdump } from '../../support/captures.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';
import { anyIpv6, anyMac, sample, written } from './arbitraries.ts';

const NOBODY = new Uint8Array(16);
const anyStation = fc.record({ mac: anyMac, address: anyIpv6 });
const sender = { mac: parseMac('02:00:5e:10:00:01'), address: parseAddress('2001:db8::1') };
const asker = { mac: parseMac('02:00:5e:10:00:02'), address: parseAddress('2001:db8::2') };

function readFrame(frame: Uint8Array): Neighbour | undefined {
  const packet = createPacket();
  expect(decodeFrame(packet, frame, 0, frame.length, LINK_TYPE.ETHERNET)).toBeUndefined();
  return readNeighbour(frame, packet);
}

/** A frame with a byte of its own, and a checksum that is right again. */
function changed(frame: Uint8Array, at: number, value: number): Uint8Array {
  const other = frame.slice();
  other[at] = value;
  other.fill(0, 56, 58);
  let sum = 58 + other.length - 54;
  for (let place = 22; place < other.length; place += 2) sum += (other[place]! << 8) | other[place + 1]!;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  other[56] = (~sum >>> 8) & 0xff;
  other[57] = ~sum & 0xff;
  return other;
}

describe('neighbour discovery', () => {
  it('asks the group of an address (RFC 4861, RFC 2464)', () => {
    const group = solicitedNodeOf(parseAddress('2001:db8::12:3456'));
    expect(formatAddress(group)).toBe('ff02::1:ff12:3456');
    expect(formatMac(macOfGroup(group))).toBe('33:33:ff:12:34:56');
    const frame = written((into) => writeNeighbourSolicitation(into, sender, asker.address));
    expect(formatMac(frame.subarray(0, 6))).toBe('33:33:ff:00:00:02');
    expect(formatAddress(frame.subarray(38, 54))).toBe('ff02::1:ff00:2');
  });

  it('is read as it was written', () => {
    fc.assert(
      fc.property(anyStation, anyStation, (from, other) => {
        const solicitation = written((into) => writeNeighbourSolicitation(into, from, other.address));
        expect(solicitation).toHaveLength(NEIGHBOUR_FRAME_BYTES);
        expect(readFrame(solicitation)).toEqual({
          ...{ type: NEIGHBOUR_SOLICITATION, sender: from, target: other.address },
          ...{ isSolicited: false, isOverride: false },
        });
        expect(readFrame(written((into) => writeNeighbourProbe(into, from.mac, from.address)))).toEqual({
          ...{
            type: NEIGHBOUR_SOLICITATION,
            sender: { mac: from.mac, address: NOBODY },
            target: from.address,
          },
          ...{ isSolicited: false, isOverride: false },
        });
        expect(readFrame(written((into) => writeNeighbourAdvertisement(into, from, other)))).toEqual({
          ...{ type: NEIGHBOUR_ADVERTISEMENT, sender: from, target: from.address },
          ...{ isSolicited: true, isOverride: true },
        });
      }),
    );
  });

  it('answers a probe to everybody, for the asker has no address yet', () => {
    const told = written((into) =>
      writeNeighbourAdvertisement(into, sender, { mac: asker.mac, address: NOBODY }),
    );
    expect(told).toEqual(written((into) => writeNeighbourAdvertisement(into, sender)));
    expect(formatMac(told.subarray(0, 6))).toBe('33:33:00:00:00:01');
    expect(readFrame(told)).toMatchObject({ isSolicited: false, isOverride: true });
  });

  it('takes the MAC of the Ethernet header where no option names one', () => {
    const frame = written((into) => writeNeighbourSolicitation(into, sender, asker.address));
    const other = changed(frame, 78, 99);
    other[11] = 0x77;
    expect(formatMac(readFrame(other)!.sender.mac)).toBe('02:00:5e:10:00:77');
  });

  const solicitation = written((into) => writeNeighbourSolicitation(into, sender, asker.address));
  const advertisement = written((into) => writeNeighbourAdvertisement(into, sender, asker));
  it.each([
    ['with a hop limit below 255', changed(solicitation, 21, 254)],
    ['with a code', changed(solicitation, 55, 1)],
    ['of another type', changed(solicitation, 54, 134)],
    ['that asks for a group', changed(solicitation, 62, 0xff)],
    ['with an option of no length', changed(solicitation, 79, 0)],
    ['with an option beyond its end', changed(solicitation, 79, 2)],
    ['with a wrong checksum', Uint8Array.from(solicitation, (byte, at) => (at === 70 ? byte ^ 1 : byte))],
    ['that is a solicited answer to everybody', changed(advertisement, 38, 0xff)],
    // The option makes it no probe.
    [
      'from nobody, with a MAC',
      changed(
        solicitation.map((byte, at) => (at >= 22 && at < 38 ? 0 : byte)),
        0,
        0x33,
      ),
    ],
  ])('is not read from a message %s', (_, frame) => {
    expect(readFrame(changed(solicitation, 0, 0x33))).toBeDefined();
    expect(readFrame(changed(advertisement, 0, 2))).toBeDefined();
    expect(readFrame(frame)).toBeUndefined();
  });

  it('is not read where it is cut short', () => {
    const packet = createPacket();
    for (let end = 54; end < solicitation.length; end += 1) {
      decodeFrame(packet, solicitation, 0, end, LINK_TYPE.ETHERNET);
      expect(readNeighbour(solicitation, packet)).toBeUndefined();
    }
  });
});

suiteNeeding('neighbour discovery read by tcpdump', ['tcpdump'], () => {
  it('says what was to be said, with right checksums', () => {
    const cases = sample(fc.tuple(anyStation, anyStation), 1_000);
    const frames = cases.flatMap(([from, other]) => [
      written((into) => writeNeighbourSolicitation(into, from, other.address)),
      written((into) => writeNeighbourProbe(into, from.mac, from.address)),
      written((into) => writeNeighbourAdvertisement(into, from, other)),
      written((into) => writeNeighbourAdvertisement(into, from)),
    ]);
    const expected = cases.flatMap(([from, other]) => {
      const [mac, own, target] = [
        formatMac(from.mac),
        formatAddress(from.address),
        formatAddress(other.address),
      ];
      const groupOf = (address: Uint8Array) => formatAddress(solicitedNodeOf(address));
      const groupMacOf = (address: Uint8Array) => formatMac(macOfGroup(solicitedNodeOf(address)));
      const by = (destinationMac: string, length: number) =>
        `${mac} > ${destinationMac}, ethertype IPv6 (0x86dd), length ${length + 54}: ` +
        `(hlim 255, next-header ICMPv6 (58) payload length: ${length})`;
      const option = (type: string) => `${type} link-address option, length 8 (1): ${mac}`;
      const says = '[icmp6 sum ok] ICMP6, neighbor';
      return [
        `${by(groupMacOf(other.address), 32)} ${own} > ${groupOf(other.address)}: ` +
          `${says} solicitation, length 32, who has ${target} ${option('source')}`,
        `${by(groupMacOf(from.address), 24)} :: > ${groupOf(from.address)}: ` +
          `${says} solicitation, length 24, who has ${own}`,
        `${by(formatMac(other.mac), 32)} ${own} > ${target}: ` +
          `${says} advertisement, length 32, tgt is ${own}, Flags [solicited, override] ${option('destination')}`,
        `${by('33:33:00:00:00:01', 32)} ${own} > ff02::1: ` +
          `${says} advertisement, length 32, tgt is ${own}, Flags [override] ${option('destination')}`,
      ];
    });
    const read = readByTcpdump(makePcap(frames), ['-vv', '-e']);
    const shown = read.map((line) =>
      line
        .replace(/^\S+ /, '')
        .replace(/option \(\d\)/, 'option')
        .replace(/ 0x0000:.*/, '')
        .replace(/ , /, ', '),
    );
    expect(shown).toEqual(expected);
  });
});
