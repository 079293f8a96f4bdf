import { describe, expect, it } from 'vitest';
import { source } from '../../../../src/scenario/source-schema.ts';
import { checkEmulated } from '../../../../src/session/load/packets/check-emulated.ts';
import { expandEmulated, MAX_EMULATED } from '../../../../src/session/load/packets/emulated-addresses.ts';
import type { Interfaces } from '../../../../src/session/load/source-addresses.ts';

function expand(...addresses: string[]): string[] {
  return expandEmulated('stress', source.parse({ addresses, emulate: true }).addresses);
}

describe('addresses to emulate', () => {
  it.each([
    ['10.1.0.0/30', ['10.1.0.1', '10.1.0.2']],
    ['10.1.0.7/30', ['10.1.0.5', '10.1.0.6']],
    ['10.1.0.0/31', ['10.1.0.0', '10.1.0.1']],
    ['10.1.0.9/32', ['10.1.0.9']],
    ['10.1.0.9', ['10.1.0.9']],
    ['fd00::/126', ['fd00::1', 'fd00::2', 'fd00::3']],
    ['fd00::8/127', ['fd00::8', 'fd00::9']],
    ['fd00::8', ['fd00::8']],
  ])('%s are %j: no network, broadcast or routers’ address', (written, addresses) => {
    expect(expand(written)).toEqual(addresses);
  });

  it('are each there once', () => {
    expect(expand('10.1.0.0/30', '10.1.0.1', '10.1.0.4/31')).toEqual([
      '10.1.0.1',
      '10.1.0.2',
      '10.1.0.4',
      '10.1.0.5',
    ]);
    expect(expand('10.1.0.0/22')).toHaveLength(1_022);
  });

  it.each([
    ['10.0.0.0/8', `more than ${MAX_EMULATED}`],
    ['fd00::/64', `more than ${MAX_EMULATED}`],
    ['::/0', `more than ${MAX_EMULATED}`],
    ['224.0.0.0/24', 'multicast'],
    ['239.255.255.250', 'multicast'],
    ['127.0.0.0/24', 'loopback'],
    ['240.0.0.1', 'reserved'],
    ['255.255.255.255', 'reserved'],
    ['0.0.0.0', 'reserved addresses'],
    ['ff02::1', 'multicast'],
    ['169.254.1.0/24', 'link-local'],
    ['fe80::1', 'link-local'],
    ['::1', 'loopback'],
  ])('are not %s: %s', (written, why) => {
    expect(() => expand(written)).toThrow(why);
  });

  it('are of one family', () => {
    expect(() => expand('10.1.0.1', 'fd00::1')).toThrow('mix IPv4 and IPv6');
  });
});

describe('addresses to emulate on a link', () => {
  const info = (address: string, netmask: string, prefix: number, family: 'IPv4' | 'IPv6' = 'IPv4') => ({
    ...{ address, netmask, family, mac: '02:00:00:00:00:01', internal: false },
    ...{ cidr: `${address}/${prefix}`, scopeid: 0 },
  });
  const interfaces = {
    eth0: [
      info('10.1.0.5', '255.255.255.0', 24),
      info('8.8.8.1', '255.255.255.0', 24),
      info('fd00::5', 'ffff:ffff:ffff:ffff::', 64, 'IPv6'),
    ],
    eth1: [info('10.2.0.5', '255.255.255.0', 24)],
  } as Interfaces;
  const check = (...addresses: string[]) =>
    checkEmulated('stress', addresses, {
      ...{ interfaceName: 'eth0', interfaces, gateways: new Set(['10.1.0.1']) },
      endpoints: ['10.1.0.9', '10.3.0.9'],
    });

  it('leave out network and broadcast addresses of its networks', () => {
    expect(check('10.1.0.0', '10.1.0.77', '10.1.0.255', '10.1.1.0', 'fd00::77')).toEqual([
      '10.1.0.77',
      '10.1.1.0',
      'fd00::77',
    ]);
  });

  it('may be public only where they are of its own networks', () => {
    expect(check('8.8.8.8')).toEqual(['8.8.8.8']);
    expect(() => check('8.8.4.4')).toThrow('it is public and outside eth0’s network');
    expect(() => check('2600::1')).toThrow('it is public');
  });

  it.each([
    ['10.1.0.5', 'it belongs to this machine'],
    ['10.2.0.5', 'it belongs to this machine'],
    ['10.1.0.1', 'a gateway'],
    ['10.1.0.9', 'the arm connects to it'],
  ])('are not %s: %s', (address, why) => {
    expect(() => check('10.1.0.70', address)).toThrow(why);
  });
});
