import { describe, expect, it } from 'vitest';
import { NONCE_WIDTH } from '../../../src/engine/http/message.ts';
import { writeNonce } from '../../../src/engine/http/nonce.ts';
import { compileAuthRequest, compileRequest, compileTunnel } from '../../../src/engine/http/request.ts';
import { stampRequest } from '../../../src/engine/http/stamp-request.ts';
import type { CompiledRequest } from '../../../src/engine/types.ts';
import { UsageError } from '../../../src/errors.ts';
import type { Arm, AuthSpec, RequestSpec } from '../../../src/scenario/types.ts';

const REQUEST: RequestSpec = { method: 'GET', version: '1.1', headers: [], body: '' };

const ARM: Arm = {
  name: 'stress',
  via: 'proxy',
  proxy: { host: 'proxy.example', port: 3128 },
  target: { scheme: 'http', host: 'origin.example', port: 80, path: '/a?b=c' },
  request: REQUEST,
  expect: { kind: 'status', statuses: [200] },
  load: { kind: 'closed', concurrency: 1, attempts: 1 },
  handshakeTimeoutUs: 1,
  responseTimeoutUs: 1,
  stallAfterUs: 1,
  close: 'peer',
  holdUs: 0,
  socket: { bind: [] },
};

function compile(changes: Partial<Arm> = {}, request: Partial<RequestSpec> = {}): CompiledRequest {
  const compiled = compileRequest({ ...ARM, ...changes, request: { ...REQUEST, ...request } });
  if (compiled === undefined) throw new Error('nothing compiled');
  return compiled;
}

function textOf(changes: Partial<Arm> = {}, request: Partial<RequestSpec> = {}): string {
  return Buffer.from(compile(changes, request).bytes).toString();
}

function targetOf(host: string, port: number, path = '/'): Partial<Arm> {
  return { target: { scheme: 'http', host, port, path } };
}

describe('request', () => {
  it('is absolute-form to a proxy, and asks it to close', () => {
    expect(textOf()).toBe(
      'GET http://origin.example/a?b=c HTTP/1.1\r\n' +
        'Host: origin.example\r\nUser-Agent: rushhour\r\nAccept: */*\r\nConnection: close\r\n\r\n',
    );
  });

  it('is origin-form to the target itself', () => {
    expect(textOf({ via: 'direct' }, { version: '1.0' })).toBe(
      'GET /a?b=c HTTP/1.0\r\n' +
        'Host: origin.example\r\nUser-Agent: rushhour\r\nAccept: */*\r\nConnection: close\r\n\r\n',
    );
  });

  it('carries the marker with arm and attempt, and so does a CONNECT', () => {
    const arm: Arm = { ...ARM, marker: 'ticket-4711' };
    const field = `\r\nX-Rushhour-Marker: ticket-4711/${ARM.name}/0000000000000042\r\n`;
    const stamped = (request: CompiledRequest) => Buffer.from(stampRequest(request, 42)).toString();
    expect(stamped(compileRequest(arm)!)).toContain(field);
    expect(stamped(compileTunnel({ ...arm, via: 'tunnel' })!)).toContain(field);
    expect(textOf()).not.toContain('Marker');
  });

  it('is nothing for bare TCP', () => {
    expect(compileRequest({ ...ARM, via: 'tcp' })).toBeUndefined();
  });

  it('names a port that is not the default one, and brackets IPv6', () => {
    expect(textOf(targetOf('2001:db8::1', 8080))).toContain('GET http://[2001:db8::1]:8080/ HTTP');
    expect(textOf(targetOf('2001:db8::1', 8080))).toContain('\r\nHost: [2001:db8::1]:8080\r\n');
    expect(textOf(targetOf('origin.example', 80, ''))).toContain('GET http://origin.example/ HTTP');
  });

  it('names no zone of this machine, and keeps the dot that ends a name', () => {
    const zoned = targetOf('fe80::1%eth0', 8080);
    expect(textOf(zoned)).toContain('GET http://[fe80::1]:8080/ HTTP/1.1\r\nHost: [fe80::1]:8080\r\n');
    const connect = (host: string): string =>
      Buffer.from(compileTunnel({ ...ARM, via: 'tunnel', ...targetOf(host, 443) })!.bytes).toString();
    expect(connect('fe80::1%eth0')).toContain('CONNECT [fe80::1]:443 HTTP/1.1\r\nHost: [fe80::1]:443\r\n');
    expect(connect('www.example.')).toContain(
      'CONNECT www.example.:443 HTTP/1.1\r\nHost: www.example.:443\r\n',
    );
    expect(textOf(targetOf('www.example.', 80))).toContain('\r\nHost: www.example.\r\n');
  });

  it('has its places by bytes, not by characters', () => {
    const headers = [['X-Name', 'm\u00fcller {nonce}']] as const;
    const { bytes, nonceOffsets } = compile({}, { headers, method: 'POST', body: '\u20ac{nonce}' });
    const [inHead, inBody] = nonceOffsets;
    for (const at of [inHead!, inBody!])
      expect(Buffer.from(bytes.subarray(at, at + NONCE_WIDTH)).toString()).toBe('0'.repeat(NONCE_WIDTH));
    expect(Buffer.from(bytes).toString('utf8')).toContain(`Content-Length: ${3 + NONCE_WIDTH}\r\n`);
    expect(Buffer.from(bytes.subarray(inBody! - 3, inBody)).toString('utf8')).toBe('\u20ac');
  });

  it('keeps the connection where it is to be held', () => {
    expect(textOf({ holdUs: 1 })).not.toContain('Connection');
    expect(textOf({ holdUs: 1 }, { version: '1.0' })).toContain('\r\nConnection: keep-alive\r\n');
  });

  it("lets the arm's fields replace defaults in any case, Host still first", () => {
    const headers = [
      ['X-One', '1'],
      ['host', 'other.example'],
      ['USER-AGENT', 'curl/8'],
      ['connection', 'keep-alive'],
      ['X-One', '2'],
    ] as const;
    expect(textOf({}, { headers })).toBe(
      'GET http://origin.example/a?b=c HTTP/1.1\r\n' +
        'host: other.example\r\nAccept: */*\r\nX-One: 1\r\nUSER-AGENT: curl/8\r\nconnection: keep-alive\r\nX-One: 2\r\n\r\n',
    );
  });

  it('counts the bytes of a body, its nonces at full width', () => {
    const text = textOf({}, { method: 'POST', body: 'n={nonce}&u=é' });
    const body = `n=${'0'.repeat(NONCE_WIDTH)}&u=é`;
    expect(text.endsWith(`\r\n\r\n${body}`)).toBe(true);
    expect(text).toContain(`\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`);
  });

  it('says that a POST is empty, and nothing of a GET', () => {
    expect(textOf({}, { method: 'POST' })).toContain('\r\nContent-Length: 0\r\n');
    expect(textOf()).not.toContain('Content-Length');
  });

  it('leaves the length out where the arm sends its own framing', () => {
    const headers = [['Transfer-Encoding', 'chunked']] as const;
    const text = textOf({}, { method: 'POST', headers, body: '0\r\n\r\n' });
    expect(text).not.toContain('Content-Length');
  });

  it('finds every nonce by its offset in bytes', () => {
    const { bytes, nonceOffsets, nonceWidth } = compile(
      { target: { scheme: 'http', host: 'origin.example', port: 80, path: '/é/{nonce}' } },
      { headers: [['X-Nonce', 'a{nonce}{nonce}']], body: '{nonce}' },
    );
    for (const at of nonceOffsets) writeNonce(bytes, at, nonceWidth, 1_234);
    const text = Buffer.from(bytes).toString();
    expect(nonceOffsets).toHaveLength(4);
    expect(text).toContain('/é/0000000000001234 HTTP');
    expect(text).toContain('X-Nonce: a00000000000012340000000000001234\r\n');
    expect(text.endsWith('\r\n\r\n0000000000001234')).toBe(true);
  });

  it('writes nonces up to the largest exact integer', () => {
    const bytes = new Uint8Array(NONCE_WIDTH);
    writeNonce(bytes, 0, NONCE_WIDTH, Number.MAX_SAFE_INTEGER);
    expect(Buffer.from(bytes).toString()).toBe('9007199254740991');
  });

  it('knows that the response to HEAD has no body', () => {
    expect(compile({}, { method: 'HEAD' }).responseHasNoBody).toBe(true);
    expect(compile().responseHasNoBody).toBe(false);
  });

  it.each([
    ['a line break in a value', {}, { headers: [['X', 'a\r\nEvil: 1']] as const }],
    ['a lone line feed in a value', {}, { headers: [['X', 'a\nEvil: 1']] as const }],
    ['a line break in a name', {}, { headers: [['X\r\nY', 'a']] as const }],
    ['a colon in a name', {}, { headers: [['X:', 'a']] as const }],
    ['an empty name', {}, { headers: [['', 'a']] as const }],
    ['a space in the path', targetOf('origin.example', 80, '/a b'), {}],
    ['a line break in the path', targetOf('origin.example', 80, '/a\r\nX: y'), {}],
    ['a line break in the host', { ...targetOf('a\r\nb', 80), via: 'direct' as const }, {}],
    ['a method of two words', {}, { method: 'GET /' }],
  ])('refuses %s', (_what, changes, request) => {
    expect(() => compile(changes, request)).toThrow(UsageError);
  });
});

const BASIC: AuthSpec = {
  to: 'proxy',
  scheme: 'basic',
  mode: 'challenge',
  credentials: { kind: 'env', name: 'PROXY_USER' },
};

/** A compiled request as text, `<credentials>` where they go. */
function show(request: CompiledRequest | undefined): string {
  if (request === undefined) throw new Error('nothing compiled');
  const bytes = Buffer.from(request.bytes);
  const at = request.credentialsAt;
  if (at === undefined) return bytes.toString();
  return `${bytes.subarray(0, at)}<credentials>${bytes.subarray(at)}`;
}

describe('request of an arm with credentials', () => {
  it('goes without them first and keeps the connection, as browsers do', () => {
    expect(show(compileRequest({ ...ARM, auth: BASIC }))).toBe(
      'GET http://origin.example/a?b=c HTTP/1.1\r\n' +
        'Host: origin.example\r\nUser-Agent: rushhour\r\nAccept: */*\r\n\r\n',
    );
  });

  it('asks for the connection to be kept in HTTP/1.0', () => {
    const request = { ...REQUEST, version: '1.0' } as const;
    expect(show(compileRequest({ ...ARM, auth: BASIC, request }))).toContain(
      '\r\nConnection: keep-alive\r\n',
    );
  });

  it('goes with them next, right after Host, and then asks to close', () => {
    expect(show(compileAuthRequest({ ...ARM, auth: BASIC }))).toBe(
      'GET http://origin.example/a?b=c HTTP/1.1\r\n' +
        'Host: origin.example\r\nProxy-Authorization: <credentials>\r\nUser-Agent: rushhour\r\n' +
        'Accept: */*\r\nConnection: close\r\n\r\n',
    );
  });

  it('has them in another field for an origin', () => {
    const arm: Arm = { ...ARM, via: 'direct', auth: { ...BASIC, to: 'origin', mode: 'preemptive' } };
    expect(show(compileAuthRequest(arm))).toContain('\r\nAuthorization: <credentials>\r\n');
    expect(show(compileRequest(arm))).toContain('\r\nConnection: close\r\n');
  });

  it('finds their place beyond nonces and characters of several bytes', () => {
    const target = { ...ARM.target, path: '/é/{nonce}' };
    const text = show(compileAuthRequest({ ...ARM, target, auth: BASIC }));
    expect(text).toContain('\r\nProxy-Authorization: <credentials>\r\n');
  });

  it('has no such request where the arm has none, or sends none', () => {
    expect(compileAuthRequest(ARM)).toBeUndefined();
    expect(compileAuthRequest({ ...ARM, via: 'tcp', auth: BASIC })).toBeUndefined();
  });

  it('refuses a header of the same name', () => {
    const request = { ...REQUEST, headers: [['proxy-authorization', 'Basic eDp5']] } as const;
    expect(() => compileAuthRequest({ ...ARM, request, auth: BASIC })).toThrow(UsageError);
  });
});

describe('request through a tunnel', () => {
  const TUNNELLED: Arm = {
    ...ARM,
    via: 'tunnel',
    target: { scheme: 'https', host: 'origin.example', port: 443, path: '/a' },
  };

  it('begins with CONNECT, which names the port even where it is the default one', () => {
    expect(show(compileTunnel(TUNNELLED))).toBe(
      'CONNECT origin.example:443 HTTP/1.1\r\nHost: origin.example:443\r\n' +
        'User-Agent: rushhour\r\nProxy-Connection: keep-alive\r\n\r\n',
    );
    expect(compileTunnel(ARM)).toBeUndefined();
  });

  it("brackets IPv6, and shows the proxy the arm's own user agent", () => {
    const target = { scheme: 'http', host: '2001:db8::1', port: 80, path: '/' } as const;
    const request = { ...REQUEST, headers: [['user-agent', 'curl/8']] } as const;
    expect(show(compileTunnel({ ...TUNNELLED, target, request }))).toBe(
      'CONNECT [2001:db8::1]:80 HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n' +
        'user-agent: curl/8\r\nProxy-Connection: keep-alive\r\n\r\n',
    );
  });

  it('is origin-form within, the default port of its scheme left out', () => {
    expect(show(compileRequest(TUNNELLED))).toContain('GET /a HTTP/1.1\r\nHost: origin.example\r\n');
    const target = { ...TUNNELLED.target, port: 80 };
    expect(show(compileRequest({ ...TUNNELLED, target }))).toContain('\r\nHost: origin.example:80\r\n');
  });

  it('shows credentials for the proxy in CONNECT, and the target nothing of them', () => {
    const arm = { ...TUNNELLED, auth: BASIC };
    expect(show(compileAuthRequest(arm))).toBe(
      'CONNECT origin.example:443 HTTP/1.1\r\nHost: origin.example:443\r\n' +
        'Proxy-Authorization: <credentials>\r\nUser-Agent: rushhour\r\nProxy-Connection: keep-alive\r\n\r\n',
    );
    expect(show(compileRequest(arm))).toBe(show(compileRequest(TUNNELLED)));
    expect(show(compileTunnel(arm))).toBe(show(compileTunnel(TUNNELLED)));
  });

  it('shows credentials for the origin within the tunnel only', () => {
    const arm: Arm = { ...TUNNELLED, auth: { ...BASIC, to: 'origin' } };
    expect(show(compileAuthRequest(arm))).toContain(
      'GET /a HTTP/1.1\r\nHost: origin.example\r\nAuthorization: <cred',
    );
    expect(show(compileRequest(arm))).not.toContain('Connection: close');
  });
});
