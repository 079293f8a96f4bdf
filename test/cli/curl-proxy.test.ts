import { describe, expect, it } from 'vitest';
import { findCurlProxy, formatCurlProxy, isExempt } from '../../src/cli/flags/curl-proxy.ts';

const http = { scheme: 'http', host: 'www.example.org' } as const;
const https = { scheme: 'https', host: 'www.example.org' } as const;
const P = 'http://proxy.example:3128';

describe('the proxy that curl would take', () => {
  it.each([
    [{ http_proxy: P }, http, 'http_proxy'],
    [{ HTTP_PROXY: P }, http, undefined],
    [{ https_proxy: P }, https, 'https_proxy'],
    [{ HTTPS_PROXY: P }, https, 'HTTPS_PROXY'],
    [{ https_proxy: P, HTTPS_PROXY: 'http://other:1' }, https, 'https_proxy'],
    [{ https_proxy: P }, http, undefined],
    [{ all_proxy: P }, http, 'all_proxy'],
    [{ ALL_PROXY: P }, https, 'ALL_PROXY'],
    [{ http_proxy: '', all_proxy: P }, http, 'all_proxy'],
    [{ http_proxy: P, no_proxy: 'example.org' }, http, undefined],
    [{ http_proxy: P, NO_PROXY: 'example.org' }, http, undefined],
    [{ http_proxy: P, no_proxy: 'example.com', NO_PROXY: 'example.org' }, http, 'http_proxy'],
    [{}, http, undefined],
  ])('of %j for %j is that of %s', (env, url, variable) => {
    expect(findCurlProxy(env, url)?.variable).toBe(variable);
  });

  it.each([
    ['www.example.org', 'www.example.org', true],
    ['www.example.org', '.example.org', true],
    ['WWW.example.ORG.', 'other, EXAMPLE.org', true],
    ['www.example.org', 'ample.org', false],
    ['www.example.org', '*', true],
    ['www.example.org', '*.example.org', false],
    ['10.1.2.3', '10.0.0.0/8', true],
    ['11.1.2.3', '10.0.0.0/8', false],
    ['10.1.2.3', '10.1.2.3', true],
    ['10.1.2.3', '1.2.3', false],
    ['10.1.2.3', '10.0.0.0/99', false],
    ['2001:db8::7', '[2001:db8::]/32', true],
    ['2001:db8::7', '2001:db8::/32', true],
    ['10.1.2.3', '', false],
  ])('spares %s where no_proxy is %s: %s', (host, list, spared) => {
    expect(isExempt(host, list)).toBe(spared);
  });

  it('is said with the flags to use, and never with a password', () => {
    const line = (http_proxy: string) => formatCurlProxy(findCurlProxy({ http_proxy }, http)!);
    expect(line('http://proxy.example:3128/')).toBe(
      'http_proxy=http://proxy.example:3128 is ignored here, although curl would use it; to go through it, add -x proxy.example:3128',
    );
    expect(line('proxy.example')).toMatch(/add -x proxy\.example:1080$/);
    for (const secret of ['http://me:s3c@ret@proxy.example:3128', 'me:s3c@ret@proxy.example:3128/x?s3c']) {
      expect(line(secret)).not.toMatch(/s3c|ret@|me:/);
      expect(line(secret)).toContain('add -x proxy.example:3128 -U env:NAME');
    }
    expect(line('socks5h://me:s3c@proxy.example:1080')).toMatch(/socks5h.*cannot be used either/);
  });
});
