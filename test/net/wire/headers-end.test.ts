import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeadersEnd } from '../../../src/net/wire/headers-end.ts';
import { PROTOCOL, writeIpv4 } from '../../../src/net/wire/ip.ts';
import { LINK_TYPE } from '../../../src/net/wire/link-types.ts';
import { written } from './arbitraries.ts';
import { anyExtensions, anyIpv4Fields, anyIpv6Fields, anySegment, concat, ipv4Of, ipv6Of } from './frames.ts';

const anyFrame = fc.oneof(
  fc
    .tuple(anyIpv4Fields, anySegment)
    .map(([fields, segment]) => ({ segment, bytes: ipv4Of({ ...fields, fragmentOffset: 0 }, segment) })),
  fc.tuple(anyIpv6Fields, anyExtensions, anySegment).map(([fields, extensions, segment]) => ({
    segment,
    bytes: ipv6Of(
      fields,
      extensions.filter((name) => name !== 'laterFragment'),
      segment,
    ),
  })),
);

const find = (bytes: Uint8Array): number => new HeadersEnd().find(bytes, 0, bytes.length, LINK_TYPE.RAW);

describe('the end of headers', () => {
  it('is where the payload of TCP begins', () => {
    fc.assert(
      fc.property(anyFrame, ({ segment, bytes }) => {
        expect(find(bytes)).toBe(bytes.length - segment.payload.length);
      }),
    );
  });

  it('is never within a payload, whatever is cut off', () => {
    fc.assert(
      fc.property(anyFrame, fc.nat({ max: 200 }), ({ segment, bytes }, left) => {
        expect(find(bytes.subarray(0, left))).toBeLessThanOrEqual(bytes.length - segment.payload.length);
      }),
    );
  });

  it('is behind the header of an ICMP message that quotes nothing', () => {
    const message = Uint8Array.of(8, 0, 0, 0, 0, 1, 0, 1, ...Buffer.from('what a ping carries'));
    const echo = written((into) => {
      const addresses = { source: Uint8Array.of(10, 0, 0, 1), destination: Uint8Array.of(10, 0, 0, 2) };
      const header = { ...addresses, trafficClass: 0, ttl: 64, id: 1 };
      const at = writeIpv4(into, 0, { ...header, protocol: PROTOCOL.ICMP, payloadBytes: message.length });
      into.set(message, at);
      return at + message.length;
    });
    expect(find(echo)).toBe(28);
  });

  it('is that of the TCP that an ICMP error quotes', () => {
    fc.assert(
      fc.property(anyIpv4Fields, anySegment, fc.nat({ max: 120 }), (fields, segment, left) => {
        const packet = ipv4Of({ ...fields, fragmentOffset: 0 }, segment);
        const headers = packet.length - segment.payload.length;
        const quote = packet.subarray(0, left);
        const message = concat([3, 13, 0, 0, 0, 0, 0, 0], quote);
        const error = written((into) => {
          const header = { ...fields, fragmentOffset: 0, moreFragments: false, options: new Uint8Array() };
          const payloadBytes = message.length;
          const at = writeIpv4(into, 0, { ...header, protocol: PROTOCOL.ICMP, payloadBytes });
          into.set(message, at);
          return at + payloadBytes;
        });
        const end = find(error);
        expect(end).toBeGreaterThanOrEqual(28);
        expect(end).toBeLessThanOrEqual(28 + headers);
        if (left >= headers) expect(end).toBe(28 + headers);
      }),
    );
  });

  it('is the beginning of what is not TCP', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => {
        const bytes = concat(
          [0x45, 0, 0, 20 + noise.length, 0, 0, 0, 0, 9, 17, 0, 0],
          new Array(8).fill(9),
          noise,
        );
        expect(find(bytes)).toBe(0);
      }),
    );
  });
});
