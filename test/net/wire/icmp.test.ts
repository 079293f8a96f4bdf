import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAddress } from '../../../src/net/addresses.ts';
import { finishChecksum, sumBytes, sumPseudoHeader } from '../../../src/net/wire/checksum.ts';
import { decodeFrame, decodeQuoted } from '../../../src/net/wire/decode.ts';
import { createIcmp, type Echo, readIcmp, writeEcho } from '../../../src/net/wire/icmp.ts';
import { PROTOCOL, writeIpv4, writeIpv6 } from '../../../src/net/wire/ip.ts';
import { LINK_TYPE } from '../../../src/net/wire/link-types.ts';
import { createPacket } from '../../../src/net/wire/packet.ts';
import { makePcap, readByTcpdump } from '../../support/captures.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';
import { anyIpv4, anyIpv6, sample, written } from './arbitraries.ts';
import { anyIpv4Fields, anyIpv6Fields, anySegment, bigEndian, concat, ipv4Of, ipv6Of } from './frames.ts';

/** An ICMP message from a router, in IP; the body is everything behind the checksum. */
function icmpOf(
  router: Uint8Array,
  to: Uint8Array,
  type: number,
  code: number,
  body: Uint8Array,
): Uint8Array {
  return written((into) => {
    const payloadBytes = 4 + body.length;
    const addresses = { source: router, destination: to };
    const isIpv4 = router.length === 4;
    const at = isIpv4
      ? writeIpv4(into, 0, { ...addresses, protocol: PROTOCOL.ICMP, payloadBytes, ttl: 60 })
      : writeIpv6(into, 0, { ...addresses, nextHeader: PROTOCOL.ICMPV6, payloadBytes, hopLimit: 60 });
    into.set(concat([type, code, 0, 0], body), at);
    const pseudo = isIpv4 ? 0 : sumPseudoHeader(router, to, PROTOCOL.ICMPV6, payloadBytes);
    const checksum = finishChecksum(pseudo + sumBytes(into, at, at + payloadBytes));
    into.set(bigEndian(checksum, 2), at + 2);
    return at + payloadBytes;
  });
}

function read(bytes: Uint8Array) {
  const packet = createPacket();
  expect(decodeFrame(packet, bytes, 0, bytes.length, LINK_TYPE.RAW)).toBeUndefined();
  const icmp = createIcmp();
  const isIcmp = readIcmp(icmp, bytes, packet);
  const quoted = createPacket();
  const unread =
    icmp.quotedAt === -1 ? 'nothing' : decodeQuoted(quoted, bytes, icmp.quotedAt, icmp.quotedEnd);
  return { isIcmp, icmp, quoted, unread };
}

const anyQuoted = fc.oneof(
  fc.tuple(anyIpv4, anyIpv4Fields, anySegment).map(([router, fields, segment]) => {
    const whole = { ...fields, fragmentOffset: 0, moreFragments: false };
    return {
      router,
      to: fields.source,
      segment,
      packet: ipv4Of(whole, segment),
      headers: 20 + fields.options.length,
    };
  }),
  fc.tuple(anyIpv6, anyIpv6Fields, anySegment).map(([router, fields, segment]) => {
    return { router, to: fields.source, segment, packet: ipv6Of(fields, [], segment), headers: 40 };
  }),
);

const UNUSED = new Uint8Array(4);

describe('ICMP errors', () => {
  it('quote the packet that provoked them: addresses, ports and sequence number', () => {
    fc.assert(
      fc.property(anyQuoted, fc.nat(60), ({ router, to, segment, packet, headers }, more) => {
        // At least eight bytes behind the IP header (RFC 792), at most everything.
        const quote = packet.subarray(0, headers + 8 + more);
        const isWhole = quote.length >= headers + 20;
        const bytes = icmpOf(router, to, router.length === 4 ? 3 : 1, 1, concat(UNUSED, quote));
        const { isIcmp, icmp, quoted, unread } = read(bytes);
        expect(isIcmp).toBe(true);
        expect(icmp).toMatchObject({ code: 1, identifier: -1, mtu: -1, quotedEnd: bytes.length });
        expect(unread).toBeUndefined();
        expect(quoted).toMatchObject({
          ...{
            protocol: PROTOCOL.TCP,
            sourcePort: segment.sourcePort,
            destinationPort: segment.destinationPort,
          },
          ...{ seq: segment.seq, flags: isWhole ? segment.flags : 0, ack: isWhole ? segment.ack : -1 },
        });
        expect(bytes.subarray(quoted.sourceAt, quoted.sourceAt + to.length)).toEqual(to);
      }),
    );
  });

  const syn = ipv4Of(
    {
      ...{
        source: Uint8Array.of(192, 0, 2, 1),
        destination: Uint8Array.of(192, 0, 2, 2),
        ttl: 64,
        trafficClass: 0,
      },
      ...{ id: 9, mayFragment: false, moreFragments: false, fragmentOffset: 0, options: new Uint8Array() },
    },
    {
      ...{ sourcePort: 40_000, destinationPort: 3_128, seq: 5, ack: 0, flags: 2, window: 500 },
      ...{ options: new Uint8Array(), payload: new Uint8Array() },
    },
  );
  const router = Uint8Array.of(192, 0, 2, 9);
  const source = syn.subarray(12, 16);

  it('tell the MTU of a link that is too narrow', () => {
    const four = read(icmpOf(router, source, 3, 4, concat([0, 0, 5, 0x78], syn)));
    expect(four.icmp.mtu).toBe(1_400);
    const wide = new Uint8Array(16).fill(0xfd);
    const six = read(icmpOf(wide, wide, 2, 0, concat(bigEndian(1_280, 4), new Uint8Array(48))));
    expect(six.icmp).toMatchObject({ type: 2, mtu: 1_280, quotedAt: 48 });
  });

  it('end their quote where extensions follow it (RFC 4884)', () => {
    const padded = concat(syn, new Uint8Array(128 - syn.length));
    const { icmp, quoted } = read(
      icmpOf(router, source, 11, 0, concat([0, 32, 0, 0], padded, [0x20, 0, 0, 0])),
    );
    expect(icmp.quotedEnd - icmp.quotedAt).toBe(128);
    expect(quoted).toMatchObject({ sourcePort: 40_000, end: icmp.quotedAt + syn.length });
    const wide = new Uint8Array(16).fill(0xfd);
    const six = read(icmpOf(wide, wide, 3, 0, concat([16, 0, 0, 0], new Uint8Array(140)))).icmp;
    expect(six.quotedEnd - six.quotedAt).toBe(128);
  });

  it('are no errors where they only inform', () => {
    expect(read(icmpOf(router, source, 13, 0, new Uint8Array(16))).icmp).toMatchObject({
      type: 13,
      quotedAt: -1,
    });
    expect(read(syn).isIcmp).toBe(false);
    const short = icmpOf(router, source, 3, 0, UNUSED).subarray(0, 27);
    const packet = createPacket();
    decodeFrame(packet, short, 0, short.length, LINK_TYPE.RAW);
    expect(readIcmp(createIcmp(), short, packet)).toBe(false);
  });

  it('do not open the tunnel of the packet that they quote', () => {
    const gre = concat(syn.subarray(0, 20), [0, 0, 8, 0], syn);
    gre[9] = 47;
    gre.set(bigEndian(gre.length, 2), 2);
    const { quoted, unread } = read(icmpOf(router, source, 3, 1, concat(UNUSED, gre)));
    expect(unread).toBeUndefined();
    expect(quoted).toMatchObject({ protocol: 47, tunnels: 0, sourcePort: -1 });
  });
});

const anyEcho = fc.record({
  isReply: fc.boolean(),
  identifier: fc.integer({ min: 0, max: 0xffff }),
  sequence: fc.integer({ min: 0, max: 0xffff }),
  payload: fc.uint8Array({ maxLength: 64 }),
});
const anyAddresses = fc.oneof(fc.tuple(anyIpv4, anyIpv4), fc.tuple(anyIpv6, anyIpv6));

function echoOf(echo: Echo, [source, destination]: readonly [Uint8Array, Uint8Array]): Uint8Array {
  return written((into) => {
    const payloadBytes = 8 + echo.payload.length;
    const at =
      source.length === 4
        ? writeIpv4(into, 0, { source, destination, protocol: PROTOCOL.ICMP, payloadBytes, ttl: 64 })
        : writeIpv6(into, 0, {
            source,
            destination,
            nextHeader: PROTOCOL.ICMPV6,
            payloadBytes,
            hopLimit: 64,
          });
    return writeEcho(into, at, echo, source, destination);
  });
}

describe('ICMP echo', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(anyEcho, anyAddresses, (echo, addresses) => {
        const { isIcmp, icmp, unread } = read(echoOf(echo, addresses));
        expect(isIcmp).toBe(true);
        expect(icmp).toMatchObject({
          identifier: echo.identifier,
          sequence: echo.sequence,
          code: 0,
          mtu: -1,
        });
        expect(icmp.type).toBe(addresses[0].length === 4 ? (echo.isReply ? 0 : 8) : echo.isReply ? 129 : 128);
        expect(unread).toBe('nothing');
      }),
    );
  });
});

suiteNeeding('ICMP read by tcpdump', ['tcpdump'], () => {
  it('says what was to be said, with right checksums', () => {
    const cases = sample(fc.tuple(anyEcho, anyAddresses), 1_000);
    const lines = readByTcpdump(
      makePcap(
        cases.map(([echo, addresses]) => echoOf(echo, addresses)),
        { linkType: LINK_TYPE.RAW },
      ),
      ['-vv'],
    );
    const told = lines.map((line) => line.replace(/^.*\) (?=\S+ > )/, ''));
    expect(told).toEqual(
      cases.map(([{ isReply, identifier, sequence, payload }, [source, destination]]) => {
        const between = `${formatAddress(source)} > ${formatAddress(destination)}:`;
        const what = `echo ${isReply ? 'reply' : 'request'}, id ${identifier}, seq ${sequence}`;
        return source.length === 4
          ? `${between} ICMP ${what}, length ${8 + payload.length}`
          : `${between} [icmp6 sum ok] ICMP6, ${what}`;
      }),
    );
  });

  it('finds in errors the same quoted packet', () => {
    const cases = sample(anyQuoted, 1_000);
    const messages = cases.map(({ router, to, packet, headers }) => {
      const quote = concat(UNUSED, packet.subarray(0, headers + 20));
      return router.length === 4 ? icmpOf(router, to, 11, 0, quote) : icmpOf(router, to, 1, 4, quote);
    });
    const lines = readByTcpdump(makePcap(messages, { linkType: LINK_TYPE.RAW }), ['-vv', '-S']);
    // Of IPv6 tcpdump tells only where the quoted packet was to go.
    const told = lines.map((line) => {
      const [, from, to] = /exceeded.* ([0-9.]+) > ([0-9.]+): /.exec(line) ?? [];
      return from === undefined ? /unreachable port, (\S+) tcp port \d+/.exec(line)?.[0] : `${from} > ${to}`;
    });
    const decoded = messages.map((message) => {
      const { quoted } = read(message);
      const addressAt = (at: number) =>
        formatAddress(message.subarray(at, at + (quoted.version === 4 ? 4 : 16)));
      const to = addressAt(quoted.destinationAt);
      if (quoted.version === 6) return `unreachable port, ${to} tcp port ${quoted.destinationPort}`;
      return `${addressAt(quoted.sourceAt)}.${quoted.sourcePort} > ${to}.${quoted.destinationPort}`;
    });
    expect(decoded).toEqual(told);
  });
});
