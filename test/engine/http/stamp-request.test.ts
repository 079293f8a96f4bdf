import { describe, expect, it } from 'vitest';
import { stampInPlace, stampRequest } from '../../../src/engine/http/stamp-request.ts';
import { requestOf } from '../../support/arms.ts';

const PLAIN = requestOf('GET / HTTP/1.1\r\n\r\n');
const NUMBERED = requestOf('GET /{nonce} HTTP/1.1\r\nA: \r\nB: {nonce}\r\n\r\n');
const AUTHORISED = { ...NUMBERED, credentialsAt: Buffer.from(NUMBERED.bytes).indexOf('A: ') + 3 };

describe('stamped request', () => {
  it("is the request's own bytes where nothing goes into them", () => {
    expect(stampRequest(PLAIN, 7)).toBe(PLAIN.bytes);
  });

  it("has the attempt's number in every place, and leaves the request as it was", () => {
    const before = Buffer.from(NUMBERED.bytes).toString();
    const stamped = Buffer.from(stampRequest(NUMBERED, 1_234)).toString();
    expect(stamped).toBe('GET /000000001234 HTTP/1.1\r\nA: \r\nB: 000000001234\r\n\r\n');
    expect(Buffer.from(NUMBERED.bytes).toString()).toBe(before);
  });

  it.each([
    ['short', 'Basic eDp5'],
    ['long', `Negotiate ${'YII'.repeat(5_461)}=`],
  ])('has %s credentials in their place, numbers before and after them intact', (_what, credentials) => {
    const stamped = Buffer.from(stampRequest(AUTHORISED, 5, credentials)).toString();
    expect(stamped).toBe(`GET /000000000005 HTTP/1.1\r\nA: ${credentials}\r\nB: 000000000005\r\n\r\n`);
  });

  it('is the same in place, until the next one', () => {
    const request = requestOf('GET /{nonce} HTTP/1.1\r\n\r\n');
    const first = stampInPlace(request, 1_234);
    expect(Buffer.from(first)).toEqual(Buffer.from(stampRequest(request, 1_234)));
    const second = stampInPlace(request, 5);
    expect(second).toBe(first);
    expect(Buffer.from(second)).toEqual(Buffer.from(stampRequest(request, 5)));
  });
});
