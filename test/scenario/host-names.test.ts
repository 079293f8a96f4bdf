import { describe, expect, it } from 'vitest';
import { parseProxy, parseTarget } from '../../src/scenario/address.ts';
import {
  connectHostOf,
  serverNameOf,
  serviceHostOf,
  tunnelHostOf,
  uriHostOf,
  zoneOf,
} from '../../src/scenario/host-names.ts';

describe('a host as written', () => {
  it.each([
    // Written, to connect to, in Host and to CONNECT, in SNI and in a ticket.
    ['www.example.org', 'www.example.org', 'www.example.org', 'www.example.org'],
    ['www.example.org.', 'www.example.org.', 'www.example.org.', 'www.example.org'],
    ['192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.1'],
    ['2001:db8::1', '2001:db8::1', '[2001:db8::1]', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1%eth0', '[fe80::1]', 'fe80::1'],
  ])('is one string for each purpose: %s', (host, connect, uri, name) => {
    expect(connectHostOf(host)).toBe(connect);
    expect([uriHostOf(host), tunnelHostOf(host)]).toEqual([uri, uri]);
    expect([serverNameOf(host), serviceHostOf(host)]).toEqual([name, name]);
  });

  it('has its zone as in a URI or as on a command line', () => {
    for (const text of ['[fe80::1%25eth0]:3128', '[fe80::1%eth0]:3128'])
      expect(parseProxy(text)).toEqual({ host: 'fe80::1%eth0', port: 3128 });
    expect(parseTarget('http://[fe80::1%25eth0]/a%25b')).toMatchObject({
      host: 'fe80::1%eth0',
      path: '/a%25b',
    });
    expect([zoneOf('fe80::1%eth0'), zoneOf('fe80::1'), zoneOf('a.example')]).toEqual([
      'eth0',
      undefined,
      undefined,
    ]);
  });
});
