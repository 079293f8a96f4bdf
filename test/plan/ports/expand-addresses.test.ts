import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/errors.ts';
import { expandAddresses } from '../../../src/plan/ports/expand-addresses.ts';

describe('addresses', () => {
  it.each([
    ['10.0.0.0/29', ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5', '10.0.0.6']],
    ['192.0.2.77/30', ['192.0.2.77', '192.0.2.78']],
    ['192.0.2.8/31', ['192.0.2.8', '192.0.2.9']],
    ['192.0.2.8/32', ['192.0.2.8']],
    ['255.255.255.252/30', ['255.255.255.253', '255.255.255.254']],
    ['192.0.2.10, 198.51.100.0/30,192.0.2.10', ['192.0.2.10', '198.51.100.1', '198.51.100.2']],
  ])('%s', (text, addresses) => {
    expect(expandAddresses(text)).toEqual(addresses);
  });

  it('cross octets', () => {
    const addresses = expandAddresses('10.0.0.0/22');
    expect(addresses).toHaveLength(1_022);
    expect(addresses.slice(254, 256)).toEqual(['10.0.0.255', '10.0.1.0']);
  });

  it.each([
    '',
    '10.0.0',
    '10.0.0.256',
    '10.0.0.0/33',
    '10.0.0.0/',
    'eth0',
    '2001:db8::/120',
    '1.2.3.4,',
  ])('"%s" is refused', (text) => {
    expect(() => expandAddresses(text)).toThrow(UsageError);
  });

  it('are refused where they are too many, at once and not after four thousand million', () => {
    expect(() => expandAddresses('0.0.0.0/0')).toThrow('"0.0.0.0/0" covers more than 1024 addresses');
    expect(() => expandAddresses('10.0.0.0/29', 5)).toThrow(/more than 5 addresses/);
    expect(expandAddresses('10.0.0.0/29', 6)).toHaveLength(6);
  });
});
