import { describe, expect, it } from 'vitest';
import { isAllowed, parseHostRule } from '../../../src/fleet/policy/host-rules.ts';

const allows = (rule: string, host: string, port = 80) => isAllowed([parseHostRule(rule)], { host, port });

describe('a rule for hosts', () => {
  it.each([
    ['www.example.org', 'www.example.org'],
    ['www.example.org', 'WWW.Example.org.'],
    ['*.example.org', 'a.b.example.org'],
    ['192.0.2.7', '192.0.2.7'],
    ['192.0.2.0/24', '192.0.2.255'],
    ['192.0.2.0/24:80', '192.0.2.1'],
    ['2001:db8::/32', '2001:db8:1::1'],
    ['[2001:db8::/32]:80', '2001:0DB8:0:0:0:0:0:1'],
  ])('%s allows %s', (rule, host) => expect(allows(rule, host)).toBe(true));

  it.each([
    ['www.example.org', 'example.org'],
    ['www.example.org', 'www.example.org.evil.test'],
    ['*.example.org', 'example.org'],
    ['*.example.org', 'badexample.org'],
    ['192.0.2.0/24', '192.0.3.1'],
    ['192.0.2.0/24', '192.0.2.1.example'],
    ['0.0.0.0/0', 'www.example.org'],
    ['0.0.0.0/0', '::1'],
    ['192.0.2.0/24:81', '192.0.2.1'],
    // IPv4 in IPv6 is another network: what is meant has to be written.
    ['192.0.2.0/24', '::ffff:192.0.2.1'],
  ])('%s does not allow %s', (rule, host) => expect(allows(rule, host)).toBe(false));

  it.each([
    ...['', '*', '*.', 'a*.example.org', 'example.org:0', 'example.org:65536', 'http://example.org/'],
    ...['192.0.2.0/33', '192.0.2.0/24/8', '2001:db8::/129', 'example.org/24', '192.0.2.300', 'a b', '[::1'],
  ])('%j is refused', (text) => expect(() => parseHostRule(text)).toThrow(/is not a host/));
});
