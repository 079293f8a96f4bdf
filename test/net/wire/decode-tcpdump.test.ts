import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LINK_TYPE } from '../../../src/net/wire/link-types.ts';
import { makePcap, readByTcpdump } from '../../support/captures.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';
import { bytesOf, sample } from './arbitraries.ts';
import { anyEthernetFrame, anyIpPacket, bigEndian, concat, etherTypeOf } from './frames.ts';
import { fieldsOfFrame, fieldsOfLine } from './tcpdump-fields.ts';

const noise = bytesOf(6);

/** IP behind a header of each link type. */
const LINKS: readonly (readonly [string, number, fc.Arbitrary<Uint8Array>, number])[] = [
  ['Ethernet', LINK_TYPE.ETHERNET, anyEthernetFrame, 4_000],
  ['raw IP', LINK_TYPE.RAW, anyIpPacket, 300],
  [
    'Linux cooked capture',
    LINK_TYPE.LINUX_SLL,
    fc
      .tuple(anyIpPacket, noise)
      .map(([packet, mac]) =>
        concat([0, 4, 0, 1, 0, 6], mac, [0, 0], bigEndian(etherTypeOf(packet), 2), packet),
      ),
    300,
  ],
  [
    'Linux cooked capture, version 2',
    LINK_TYPE.LINUX_SLL2,
    fc
      .tuple(anyIpPacket, noise)
      .map(([packet, mac]) =>
        concat(bigEndian(etherTypeOf(packet), 2), [0, 0], bigEndian(7, 4), [0, 1, 4, 6], mac, [0, 0], packet),
      ),
    300,
  ],
  [
    "BSD's loopback",
    LINK_TYPE.NULL,
    anyIpPacket.map((packet) => concat([etherTypeOf(packet) === 0x0800 ? 2 : 30, 0, 0, 0], packet)),
    300,
  ],
];

suiteNeeding('decoding, against tcpdump', ['tcpdump'], () => {
  it.each(LINKS)('reads the same fields from %s', (_, linkType, anyFrame, count) => {
    const frames = sample(anyFrame, count);
    const flags = linkType === LINK_TYPE.ETHERNET ? ['-e', '-vv', '-S'] : ['-vv', '-S'];
    const lines = readByTcpdump(makePcap(frames, { linkType }), flags);
    expect(lines).toHaveLength(count);
    expect(frames.map((frame) => fieldsOfFrame(frame, linkType))).toEqual(lines.map(fieldsOfLine));
  });
});
