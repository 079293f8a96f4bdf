import { describe, expect, it } from 'vitest';
import { parseProxy, parseTarget } from '../../src/scenario/address.ts';

describe('a proxy', () => {
  it.each([
    ['proxy.example:3128', { host: 'proxy.example', port: 3128 }],
    ['http://proxy.example:3128/', { host: 'proxy.example', port: 3128 }],
    ['192.0.2.1:8080', { host: '192.0.2.1', port: 8080 }],
    ['[2001:db8::1]:3128', { host: '2001:db8::1', port: 3128 }],
    ['proxy_1:65535', { host: 'proxy_1', port: 65_535 }],
  ])('%s', (text, expected) => {
    expect(parseProxy(text)).toEqual(expected);
  });

  it.each([
    ['proxy.example', 'has no port'],
    ['proxy.example:0', '0 is not a port'],
    ['proxy.example:65536', '65536 is not a port'],
    ['2001:db8::1', 'is not a host and port'],
    ['192.0.2.999:1', 'is not a host'],
    ['-bad-:1', 'is not a host'],
    [':3128', 'is not a host'],
    ['socks5://proxy:1080', 'socks5:// proxies are not supported'],
  ])('is not %s', (text, why) => {
    expect(() => parseProxy(text)).toThrow(why);
  });
});

describe('a target', () => {
  it.each([
    ['http://www.example.org', { scheme: 'http', host: 'www.example.org', port: 80, path: '/' }],
    ['http://h:8080/a%20b?n={nonce}', { scheme: 'http', host: 'h', port: 8080, path: '/a%20b?n={nonce}' }],
    ['http://h?x=http://y/@z', { scheme: 'http', host: 'h', port: 80, path: '/?x=http://y/@z' }],
    ['HTTP://[::1]:81/', { scheme: 'http', host: '::1', port: 81, path: '/' }],
    ['https://www.example.org/a', { scheme: 'https', host: 'www.example.org', port: 443, path: '/a' }],
    ['https://h:8443', { scheme: 'https', host: 'h', port: 8443, path: '/' }],
    ['tcp://192.0.2.1:443', { scheme: 'tcp', host: '192.0.2.1', port: 443, path: '' }],
  ])('%s', (text, expected) => {
    expect(parseTarget(text)).toEqual(expected);
  });

  it.each([
    ['https:///path', 'is not a host'],
    ['tcp://h', 'has no port'],
    ['tcp://h:1/path', 'has no path'],
    ['www.example.org', 'is not a target'],
    ['/path', 'is not a target'],
    ['http://h/a b', 'characters that a request line cannot'],
    ['http://h/\r\nX: y', 'characters that a request line cannot'],
    ['http://h/ü', 'characters that a request line cannot'],
    ['http://h/#top', 'is never sent'],
    ['http://{nonce}.example/', 'is not a host'],
  ])('is not %j', (text, why) => {
    expect(() => parseTarget(text)).toThrow(why);
  });

  it('is a path alone where the far end is embedded, with TLS if it says so', () => {
    const unfilled = { host: 'embedded', port: 0, path: '/x?n={nonce}' };
    expect(parseTarget('/x?n={nonce}', true)).toEqual({ scheme: 'http', ...unfilled });
    expect(parseTarget('https:///x?n={nonce}', true)).toEqual({ scheme: 'https', ...unfilled });
  });

  it.each([
    'http://user:secret@h/',
    'tcp://secret@h:1',
    'ftp://user:secret@h/',
    'user:secret@h',
    'http//user:secret@h/',
    'user:a@secret@h',
    'http://user:a@secret@h/',
    'http://user:secret/a@h/',
    'http://user:#secret@h/',
  ])('carries no credentials, nor does the error about it: %s', (text) => {
    expect(() => parseTarget(text)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('secret') }),
    );
    expect(() => parseProxy('user:secret@h:1')).toThrow(/^the proxy contains credentials, which/);
  });
});
