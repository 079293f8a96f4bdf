import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPort, writePort, writeSockaddr } from '../../src/net/sockaddr.ts';

function sockaddrOf(family: 4 | 6, address: string | undefined, port: number): string {
  const bytes = new Uint8Array(32).fill(0xff);
  const length = writeSockaddr(bytes, family, address, port);
  return Buffer.from(bytes.subarray(0, length)).toString('hex');
}

describe('socket address', () => {
  it('is a struct sockaddr_in for IPv4', () => {
    expect(sockaddrOf(4, '192.0.2.255', 8080)).toBe('02001f90c00002ff0000000000000000');
  });

  it.each([
    ['2001:db8::1', '20010db8000000000000000000000001'],
    ['::', '00000000000000000000000000000000'],
    ['::1', '00000000000000000000000000000001'],
    ['fe80::', 'fe800000000000000000000000000000'],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
    ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201'],
    ['64:ff9b::192.0.2.33', '0064ff9b0000000000000000c0000221'],
  ])('is a struct sockaddr_in6 for %s', (address, hex) => {
    expect(sockaddrOf(6, address, 443)).toBe(`0a0001bb00000000${hex}00000000`);
  });

  it('is the wildcard where no address is given', () => {
    expect(sockaddrOf(4, undefined, 5)).toBe('02000005000000000000000000000000');
    expect(sockaddrOf(6, undefined, 5)).toBe(`0a000005${'00'.repeat(24)}`);
  });

  it('carries any IPv6 address', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        // The URL parser writes every address in one form (RFC 5952), whoever wrote it.
        const groups = sockaddrOf(6, address, 0).slice(16, 48).match(/.{4}/g)!.join(':');
        expect(new URL(`http://[${groups}]/`).hostname).toBe(new URL(`http://[${address}]/`).hostname);
      }),
    );
  });

  it('carries the zone of a link-local address as the number of its interface', () => {
    const bytes = new Uint8Array(28);
    writeSockaddr(bytes, 6, 'fe80::1%lo', 80);
    const plain = new Uint8Array(28);
    writeSockaddr(plain, 6, 'fe80::1', 80);
    // The loopback interface is the first that a system has, and each of its namespaces.
    expect([...bytes.subarray(24)]).toEqual([1, 0, 0, 0]);
    expect(bytes.subarray(0, 24)).toEqual(plain.subarray(0, 24));
    expect(() => writeSockaddr(bytes, 6, 'fe80::1%nowhere0', 80)).toThrow('no interface nowhere0');
  });

  it('refuses what is no literal of the family', () => {
    expect(() => sockaddrOf(4, '::1', 0)).toThrow(RangeError);
    expect(() => sockaddrOf(6, '127.0.0.1', 0)).toThrow(RangeError);
    expect(() => sockaddrOf(4, 'localhost', 0)).toThrow(RangeError);
  });

  it('takes another port in place', () => {
    const bytes = new Uint8Array(16);
    writeSockaddr(bytes, 4, '127.0.0.1', 1);
    writePort(bytes, 65_535);
    expect(readPort(bytes)).toBe(65_535);
    expect([...bytes.subarray(4, 8)]).toEqual([127, 0, 0, 1]);
  });
});
