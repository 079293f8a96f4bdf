import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Challenge, readChallenge } from '../../../src/engine/http/challenge.ts';
import { KeptHeads } from '../../../src/engine/http/kept-heads.ts';
import { COMPLETE, ResponseParser } from '../../../src/engine/http/response-parser.ts';

function headOf(
  fields: readonly string[],
  statusLine = 'HTTP/1.1 407 Proxy Authentication Required',
): string {
  return [statusLine, ...fields, '', ''].join('\r\n');
}

function read(head: string, scheme = 'Negotiate', status: 401 | 407 = 407): Challenge {
  return readChallenge(Buffer.from(head, 'latin1'), status, scheme);
}

function offers(...fields: string[]): boolean {
  return read(headOf(fields)).isOffered;
}

describe('challenge', () => {
  it.each([
    ['alone', ['Proxy-Authenticate: Negotiate']],
    ['in any case', ['pRoXy-AuThEnTiCaTe:nEGOTIATE']],
    ['with a token', ['Proxy-Authenticate: Negotiate oRQwEqADCgEB==']],
    ['with a parameter', ['Proxy-Authenticate: Negotiate realm="x"']],
    ['in the second field', ['Proxy-Authenticate: Basic realm="x"', 'Proxy-Authenticate: Negotiate']],
    ['first of several in a field', ['Proxy-Authenticate: Negotiate, Basic realm="x"']],
    ['last of several in a field', ['Proxy-Authenticate: Digest realm="x", nonce="y", Negotiate']],
    ['between empty elements', ['Proxy-Authenticate: , ,Negotiate\t , ']],
    ['after a quoted comma and a quoted quote', ['Proxy-Authenticate: Basic realm="a\\", b", Negotiate']],
    ['on a folded line', ['Proxy-Authenticate: Basic realm="x",', '\t Negotiate']],
  ])('offers a scheme %s', (_what, fields) => {
    expect(offers(...fields)).toBe(true);
  });

  it.each([
    ['nowhere', []],
    ['in the field of an origin', ['WWW-Authenticate: Negotiate']],
    ['as the start of another', ['Proxy-Authenticate: Negotiate2, NegotiateX realm="y"']],
    ['as a realm', ['Proxy-Authenticate: Basic realm="Negotiate"']],
    ['within quotes', ['Proxy-Authenticate: Basic realm="x, Negotiate, y"']],
    ['within quotes that never end', ['Proxy-Authenticate: Basic realm="x, Negotiate']],
    ['as the name of a parameter', ['Proxy-Authenticate: Basic realm="x", Negotiate=1, Negotiate  = 2']],
    ['in an interim response', ['X: y']],
  ])('does not offer a scheme that stands %s', (_what, fields) => {
    const interim = headOf(
      ['Proxy-Authenticate: Negotiate', 'Connection: close'],
      'HTTP/1.1 103 Early Hints',
    );
    expect(read(interim + headOf(fields))).toMatchObject({ isOffered: false, persists: true });
  });

  it('of an origin has a field of its own', () => {
    const head = headOf(['WWW-Authenticate: basic realm="x"'], 'HTTP/1.1 401 Unauthorized');
    expect(read(head, 'Basic', 401).isOffered).toBe(true);
    expect(read(head, 'Basic', 407).isOffered).toBe(false);
  });

  it.each([
    [true, 'HTTP/1.1', []],
    [true, 'HTTP/1.1', ['Connection: keep-alive']],
    [true, 'HTTP/1.1', ['Connection: closed, not-close']],
    [false, 'HTTP/1.1', ['Connection: close']],
    [false, 'HTTP/1.1', ['connection: Upgrade , CLOSE']],
    [false, 'HTTP/1.1', ['Connection: Upgrade', 'Connection: close']],
    [false, 'HTTP/1.1', ['Proxy-Connection: close']],
    [false, 'HTTP/1.1', ['Connection: keep-alive', 'Proxy-Connection: close']],
    [false, 'HTTP/1.0', []],
    [true, 'HTTP/1.0', ['Connection: Keep-Alive']],
    [true, 'HTTP/1.0', ['Proxy-Connection: keep-alive']],
    [false, 'HTTP/1.0', ['Connection: keep-alive, close']],
  ])('leaves the connection open (%s) in %s with %j', (persists, version, fields) => {
    expect(read(headOf(fields, `${version} 407 Auth`)).persists).toBe(persists);
  });

  it('reads heads whose lines end in lone line feeds', () => {
    const head = 'HTTP/1.0 407 Auth\nProxy-Authenticate: Negotiate\nConnection: keep-alive\n\n';
    expect(read(head)).toMatchObject({ isOffered: true, persists: true });
  });

  it('reads a head of nothing but quotes in little time', () => {
    expect(offers(`Proxy-Authenticate: ${'"\\'.repeat(30_000)}`)).toBe(false);
    expect(offers(`Proxy-Authenticate: ${'a ='.repeat(20_000)}${' '.repeat(5_000)}=`)).toBe(false);
  });

  const element = fc.constantFrom(
    'Negotiate',
    'negotiate abc==',
    'NTLM',
    'Basic realm="x, y"',
    'Digest realm="\\"", nonce="Negotiate"',
    'Negotiate=1',
    '',
  );
  const field = fc.oneof(
    fc
      .tuple(
        fc.constantFrom('Proxy-Authenticate', 'proxy-authenticate', 'X'),
        fc.array(element, { maxLength: 4 }),
      )
      .map(([name, elements]) => `${name}: ${elements.join(', ')}`),
    fc.constantFrom(
      'Connection: close',
      'Connection: keep-alive',
      'Proxy-Connection: close',
      'Via: 1.1 squid',
    ),
  );
  const response = fc
    .record({
      interim: fc.constantFrom('', headOf(['Proxy-Authenticate: Negotiate'], 'HTTP/1.1 100 Continue')),
      version: fc.constantFrom('HTTP/1.0', 'HTTP/1.1'),
      fields: fc.array(field, { maxLength: 6 }),
      body: fc.constantFrom('', 'hello', 'HTTP/1.1 200 OK\r\nProxy-Authenticate: Negotiate\r\n\r\n'),
      eol: fc.constantFrom('\r\n', '\n'),
    })
    .map(({ interim, version, fields, body, eol }) => {
      const head = headOf([...fields, `Content-Length: ${body.length}`], `${version} 407 Auth`);
      return { head: (interim + head).replaceAll('\r\n', eol), body };
    });

  it('is read the same however its bytes are split', () => {
    fc.assert(
      fc.property(response, fc.array(fc.nat(1_000), { maxLength: 12 }), ({ head, body }, cuts) => {
        expect(readInPieces(head + body, cuts)).toEqual(read(head));
      }),
      { numRuns: 2_000 },
    );
  });

  it('is read the same byte by byte', () => {
    fc.assert(
      fc.property(response, ({ head, body }) => {
        const everywhere = Array.from({ length: head.length + body.length }, (_, at) => at);
        expect(readInPieces(head + body, everywhere)).toEqual(read(head));
      }),
      { numRuns: 200 },
    );
  });

  it('is no matter of what the slot kept before', () => {
    const heads = new KeptHeads();
    const bytes = Buffer.from(headOf(['Connection: close']), 'latin1');
    heads.keep(3, bytes, 0, 20);
    heads.forget(3);
    heads.keep(3, bytes, 5, bytes.length);
    expect(Buffer.from(heads.of(3))).toEqual(bytes.subarray(5));
    heads.forget(3);
    expect(heads.of(3)).toHaveLength(0);
  });
});

/** As an engine does it: through the parser, which tells what of each piece belongs to the head. */
function readInPieces(text: string, cuts: readonly number[]): Challenge {
  const SLOT = 1;
  const parser = new ResponseParser(SLOT + 1);
  const heads = new KeptHeads();
  const bytes = Buffer.from(text, 'latin1');
  const places = [...cuts.map((cut) => cut % bytes.length), bytes.length].sort((a, b) => a - b);
  parser.reset(SLOT, false);
  let from = 0;
  let progress: number | undefined;
  for (const to of places) {
    progress = parser.push(SLOT, bytes, from, to);
    heads.keep(SLOT, bytes, from, parser.headEnd);
    from = to;
  }
  expect(progress).toBe(COMPLETE);
  return readChallenge(heads.of(SLOT), 407, 'Negotiate');
}
