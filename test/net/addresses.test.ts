import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAddress, formatMac, parseAddress, parseMac } from '../../src/net/addresses.ts';

describe('IP address in bytes', () => {
  it.each([
    ['192.0.2.255', 'c00002ff'],
    ['2001:db8::1', '20010db8000000000000000000000001'],
    ['::', '00000000000000000000000000000000'],
    ['fe80::', 'fe800000000000000000000000000000'],
    ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201'],
    ['fe80::1%eth0', 'fe800000000000000000000000000001'],
    ['fe80::1%a_b.c%1', 'fe800000000000000000000000000001'],
  ])('is read from %s', (address, hex) => {
    expect(Buffer.from(parseAddress(address)).toString('hex')).toBe(hex);
  });

  it.each([
    '',
    'localhost',
    '192.0.2',
    '192.0.2.1%eth0',
    '::1%',
    '[::1]',
    '::ffff:1.2.3.400',
  ])('is not read from %j', (text) => {
    expect(() => parseAddress(text)).toThrow(RangeError);
  });

  it('is written as it was read', () => {
    const anyBytes = fc
      .constantFrom(4, 16)
      .chain((length) => fc.uint8Array({ minLength: length, maxLength: length }));
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        expect(parseAddress(formatAddress(bytes))).toEqual(bytes);
      }),
    );
    expect(formatAddress(parseAddress('2001:DB8:0:0:1::'))).toBe('2001:db8:0:0:1::');
  });
});

describe('Ethernet address in bytes', () => {
  it('is read and written', () => {
    expect(parseMac('02:00:5E:10:00:ff')).toEqual(new Uint8Array([2, 0, 0x5e, 0x10, 0, 0xff]));
    expect(formatMac(new Uint8Array([2, 0, 0x5e, 0x10, 0, 0xff]))).toBe('02:00:5e:10:00:ff');
  });

  it.each([
    '',
    '02:00:5e:10:00',
    '02:00:5e:10:00:0g',
    '2:0:5e:10:0:1',
    '02-00-5e-10-00-01',
    '02:00:5e:10:00:01:02',
  ])('is not read from %j', (text) => {
    expect(() => parseMac(text)).toThrow(RangeError);
  });
});
