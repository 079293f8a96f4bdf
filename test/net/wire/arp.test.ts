import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAddress, formatMac, parseAddress, parseMac } from '../../../src/net/addresses.ts';
import {
  ARP_FRAME_BYTES,
  ARP_REPLY,
  ARP_REQUEST,
  readArp,
  writeArpAnnouncement,
  writeArpProbe,
  writeArpReply,
  writeArpRequest,
} from '../../../src/net/wire/arp.ts';
import { ETHERNET_BYTES } from '../../../src/net/wire/ethernet.ts';
import { makePcap, readByTcpdump } from '../../support/captures.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';
import { anyIpv4, anyMac, bytesOf, sample, written } from './arbitraries.ts';

const anyStation = fc.record({ mac: anyMac, address: anyIpv4 });
const sender = { mac: parseMac('02:00:5e:10:00:01'), address: parseAddress('192.0.2.1') };

function hexOf(frame: Uint8Array): string {
  return Buffer.from(frame).toString('hex');
}

function readFrame(frame: Uint8Array) {
  return readArp(frame, ETHERNET_BYTES, frame.length);
}

describe('ARP', () => {
  it('asks everybody, and claims the address of the sender (RFC 826)', () => {
    expect(hexOf(written((into) => writeArpRequest(into, sender, parseAddress('192.0.2.9'))))).toBe(
      'ffffffffffff02005e1000010806' + '0001080006040001' + '02005e100001c0000201' + '000000000000c0000209',
    );
  });

  it('probes without claiming an address (RFC 5227)', () => {
    const frame = written((into) => writeArpProbe(into, sender.mac, sender.address));
    expect(hexOf(frame.subarray(20))).toBe('0001' + '02005e10000100000000' + '000000000000c0000201');
  });

  it('announces an address as both sender and target (RFC 5227)', () => {
    const frame = written((into) => writeArpAnnouncement(into, sender));
    expect(hexOf(frame.subarray(20))).toBe('0001' + '02005e100001c0000201' + '000000000000c0000201');
  });

  it('is read as it was written', () => {
    fc.assert(
      fc.property(anyStation, anyStation, (from, asker) => {
        const reply = written((into) => writeArpReply(into, from, asker));
        expect(reply).toHaveLength(ARP_FRAME_BYTES);
        expect(readFrame(reply)).toEqual({ operation: ARP_REPLY, sender: from, target: asker });
        const request = written((into) => writeArpRequest(into, from, asker.address));
        expect(readFrame(request)).toEqual({
          operation: ARP_REQUEST,
          sender: from,
          target: { mac: new Uint8Array(6), address: asker.address },
        });
      }),
    );
  });

  it('is not read where it is cut short, or of other networks', () => {
    const frame = written((into) => writeArpAnnouncement(into, sender));
    for (let end = 0; end < frame.length; end += 1) {
      expect(readArp(frame, ETHERNET_BYTES, end)).toBeUndefined();
      expect(readFrame(frame.subarray(0, end))).toBeUndefined();
    }
    for (const at of [14, 15, 16, 17, 18, 19]) {
      const other = frame.slice();
      other[at]! ^= 0x10;
      expect(readFrame(other)).toBeUndefined();
    }
  });

  it('is read from no bytes in a way that throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(70), fc.nat(70), (bytes, at, end) => {
        readArp(bytes, at, end);
      }),
    );
    expect(readFrame(new Uint8Array(64))).toBeUndefined();
  });
});

suiteNeeding('ARP read by tcpdump', ['tcpdump'], () => {
  it('says what was to be said', () => {
    const cases = sample(fc.tuple(anyStation, anyStation, bytesOf(1)), 1_000);
    const frames = cases.flatMap(([from, other]) => [
      written((into) => writeArpRequest(into, from, other.address)),
      written((into) => writeArpProbe(into, from.mac, from.address)),
      written((into) => writeArpAnnouncement(into, from)),
      written((into) => writeArpReply(into, from, other)),
    ]);
    const expected = cases.flatMap(([from, other]) => {
      const mac = formatMac(from.mac);
      const own = formatAddress(from.address);
      const everybody = `${mac} > ff:ff:ff:ff:ff:ff, ethertype ARP (0x0806), length 42:`;
      return [
        `${everybody} Request who-has ${formatAddress(other.address)} tell ${own}, length 28`,
        `${everybody} Request who-has ${own} tell 0.0.0.0, length 28`,
        `${everybody} Request who-has ${own} tell ${own}, length 28`,
        `${mac} > ${formatMac(other.mac)}, ethertype ARP (0x0806), length 42: Reply ${own} is-at ${mac}, length 28`,
      ];
    });
    const read = readByTcpdump(makePcap(frames), ['-e']);
    expect(read.map((line) => line.replace(/^\S+ /, '').replace(/Broadcast/, 'ff:ff:ff:ff:ff:ff'))).toEqual(
      expected,
    );
  });
});
