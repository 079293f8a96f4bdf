import { describe, expect, it } from 'vitest';
import { ErrorHeads, readErrorName } from '../../../src/engine/http/error-name.ts';

const headOf = (...fields: string[]): Buffer =>
  Buffer.from(['HTTP/1.1 503 No', ...fields, '', ''].join('\r\n'), 'latin1');

describe('the error that a proxy names', () => {
  it.each([
    [
      'of Squid',
      ['X-Squid-Error: ERR_CONNECT_FAIL 111', 'Via: 1.1 proxy1 (squid/5.7)'],
      'Squid: ERR_CONNECT_FAIL',
    ],
    [
      'by RFC 9209',
      ['Proxy-Status: cache1; error=connection_refused; details="a, b; c"'],
      'cache1: connection_refused',
    ],
    ['by a string for a name', ['Proxy-Status: "edge.example"; error=dns_error'], 'edge.example: dns_error'],
    [
      'by the one nearest to the origin',
      ['Proxy-Status: a; error=http_request_error, b; error=dns_error'],
      'a: http_request_error',
    ],
    [
      'not, but is known by Via',
      ['Proxy-Status: a; received-status=503', 'Via: 1.1 one, 1.1 two (x)'],
      'via two',
    ],
    ['nowhere', ['Server: x'], ''],
    ['in words that are none', ['X-Squid-Error: \u001b[31m 1', 'Via: 1.1 \u0007'], ''],
  ])('is found where it is told %s', (_how, fields, name) => {
    expect(readErrorName(headOf(...fields))).toBe(name);
  });

  it('is of the last answer, in whatever pieces it comes, and of none that is fine', () => {
    const heads = new ErrorHeads();
    const head = headOf('X-Squid-Error: ERR_DNS_FAIL 0');
    heads.takeHead(1, head.subarray(0, 5), 0, 5, 0);
    heads.takeHead(1, head.subarray(5), 0, head.length - 5, 503);
    heads.takeHead(2, Buffer.from('HTTP/1.1 200 OK\r\nVia: 1.1 x\r\n\r\n'), 0, 30, 200);
    expect([heads.take(1, 503), heads.take(1, 503), heads.take(2, 200)]).toEqual([
      'Squid: ERR_DNS_FAIL',
      '',
      '',
    ]);
  });
});
