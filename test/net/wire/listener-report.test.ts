import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAddress, formatMac, parseAddress, parseMac } from '../../../src/net/addresses.ts';
import {
  MOST_GROUPS,
  REPORT_FRAME_BYTES,
  readListenerQuery,
  writeListenerReport,
} from '../../../src/net/wire/listener-report.ts';
import { solicitedNodeOf } from '../../../src/net/wire/neighbour-discovery.ts';
import { makePcap, readByTcpdump } from '../../support/captures.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';
import { anyIpv6, anyMac, sample, written } from './arbitraries.ts';

/** A question to all hosts, as RFC 3810 section 5.1 has it. Its checksum is not looked at: a false question costs a report. */
const QUERY: Uint8Array = Uint8Array.from(
  Buffer.from(
    '333300000001020000000002' +
      '86dd6000000000240001fe80000000000000000000fffe000002ff020000000000000000000000000001' +
      '3a00050200000100' +
      '8200000027100000' +
      '00000000000000000000000000000000' +
      '027d0000',
    'hex',
  ),
);

describe('a query of listeners', () => {
  it('asks about all groups, or about one', () => {
    expect(formatAddress(readListenerQuery(QUERY)!)).toBe('::');
    const specific = QUERY.slice();
    specific.set(solicitedNodeOf(parseAddress('fd00::12:3456')), 70);
    expect(formatAddress(readListenerQuery(specific)!)).toBe('ff02::1:ff12:3456');
  });

  it.each([
    ['from another link', 21, 64],
    ['from an address that is not of this link', 22, 0x20],
    ['without a hop-by-hop header', 20, 58],
    ['with a longer one', 55, 1],
    ['with another header behind it', 54, 6],
    ['of another type', 62, 131],
  ])('is not read %s', (_, at, value) => {
    const other = QUERY.slice();
    other[at] = value;
    expect(readListenerQuery(other)).toBeUndefined();
  });

  it('is not read where it is cut short', () => {
    expect(readListenerQuery(QUERY.subarray(0, 85))).toBeUndefined();
    expect(readListenerQuery(QUERY.subarray(0, 86))).toBeDefined();
  });
});

suiteNeeding('reports of listeners read by tcpdump', ['tcpdump'], () => {
  it('say which groups are joined, listened to and left, with right checksums', () => {
    const anyGroups = fc.array(anyIpv6.map(solicitedNodeOf), { minLength: 1, maxLength: MOST_GROUPS });
    const cases = sample(fc.tuple(anyMac, fc.constantFrom('joins', 'listens', 'leaves'), anyGroups), 300);
    const frames = cases.map(([mac, listening, groups]) =>
      written((into) => writeListenerReport(into, mac, listening, groups)),
    );
    expect(Math.max(...frames.map(({ length }) => length))).toBe(REPORT_FRAME_BYTES);
    const words = { joins: 'to_ex', listens: 'is_ex', leaves: 'to_in' };
    const lines = readByTcpdump(makePcap(frames), ['-e', '-vv']);
    for (const [index, [mac, listening, groups]] of cases.entries()) {
      const line = lines[index]!;
      expect(line).toContain(`${formatMac(mac)} > 33:33:00:00:00:16`);
      expect(line).toContain('hlim 1');
      expect(line).toContain(':: > ff02::16: HBH (rtalert: 0x0000) (padn)');
      expect(line).toContain('[icmp6 sum ok]');
      expect(line).toContain(`multicast listener report v2, ${groups.length} group record(s)`);
      for (const group of groups)
        expect(line).toContain(`[gaddr ${formatAddress(group)} ${words[listening]} { }]`);
    }
  });

  it('fit into what a socket for links sends', () => {
    expect(REPORT_FRAME_BYTES).toBeLessThanOrEqual(256);
    expect(
      readListenerQuery(
        written((into) =>
          writeListenerReport(into, parseMac('02:00:00:00:00:01'), 'joins', [QUERY.subarray(38, 54)]),
        ),
      ),
    ).toBeUndefined();
  });
});
