import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  COMPLETE,
  type EofResult,
  GARBAGE,
  NEED_MORE,
  type PushResult,
  ResponseParser,
  TRUNCATED,
} from '../../../src/engine/http/response-parser.ts';

const SLOT = 1;

interface Reading {
  readonly pushed: PushResult;
  readonly atEof: EofResult;
  readonly status: number;
  readonly closeDelimited: boolean;
}

/** Reads pieces one after the other, as from a socket that ends after the last. */
function read(pieces: readonly Uint8Array[], hasNoBody = false): Reading {
  const parser = new ResponseParser(SLOT + 1);
  parser.reset(SLOT, hasNoBody);
  let pushed: PushResult = NEED_MORE;
  for (const piece of pieces) pushed = parser.push(SLOT, piece, 0, piece.length);
  const closeDelimited = parser.closeDelimited(SLOT);
  return { pushed, atEof: parser.eof(SLOT), status: parser.status(SLOT), closeDelimited };
}

function readText(text: string, hasNoBody = false): Reading {
  return read([Buffer.from(text, 'latin1')], hasNoBody);
}

/** The head `HTTP/1.1 200 OK` with these lines, and a body. */
function respond(lines: readonly string[], body = ''): string {
  return `HTTP/1.1 200 OK\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n${body}`;
}

const CHUNKED = 'Transfer-Encoding: chunked';

const WHOLE: Readonly<Record<string, string>> = {
  'a counted body': respond(['Content-Length: 5'], 'hello'),
  'a counted body of nothing': respond(['Content-Length: 0']),
  'a field name in any case': respond(['cOnTeNt-LeNgTh:5'], 'hello'),
  'fields of similar names': respond(
    ['Content-Lengths: 9', 'X-Content-Length: 9', 'Content-Length: 5'],
    'hello',
  ),
  'white space around a length': respond(['Content-Length: \t 5 \t'], 'hello'),
  'a length given twice alike': respond(['Content-Length: 5', 'Content-Length: 5, 5'], 'hello'),
  'a length folded onto a second line': respond(['Content-Length:', ' 5'], 'hello'),
  chunks: respond([CHUNKED], '5\r\nhello\r\n00a\r\n, world...\r\n0\r\n\r\n'),
  'chunk sizes in hexadecimal of either case': respond(
    [CHUNKED],
    `1F\r\n${'x'.repeat(31)}\r\n1f\r\n${'x'.repeat(31)}\r\n0\r\n\r\n`,
  ),
  'chunk extensions and trailers': respond(
    [CHUNKED],
    '5;a="b"\r\nhello\r\n0;last\r\nX-Sum: 1\r\nY: 2\r\n\r\n',
  ),
  'chunks that overrule a length': respond(['Content-Length: 999', CHUNKED], '1\r\na\r\n0\r\n\r\n'),
  'chunked after another coding': respond(['Transfer-Encoding: gzip, Chunked'], '0\r\n\r\n'),
  'codings over two fields': respond(['Transfer-Encoding: gzip', CHUNKED], '0\r\n\r\n'),
  'lone line feeds': 'HTTP/1.0 200 OK\nContent-Length: 2\n\nhi',
  'no reason': 'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n',
  'blanks between the words of a status line': 'HTTP/1.1  \t 200\tOK\r\nContent-Length: 0\r\n\r\n',
  'blanks before the colon': respond(['X-Other : 1', 'Content-Length \t: 5'], 'hello'),
  'a name in two words': respond(['Content-Le ngth: 9', 'Two words: 1', 'Content-Length: 5'], 'hello'),
  'interim responses first': `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\nContent-Length: 7\r\n\r\n${respond(['Content-Length: 1'], 'a')}`,
  'a tail that is not its own': respond(['Content-Length: 5'], 'hello\x00HTTP/9'),
};

const GARBLED: Readonly<Record<string, string>> = {
  'another protocol': 'SSH-2.0-OpenSSH\r\n',
  'a TLS record': '\x16\x03\x01\x02\x00',
  'HTTP/2': 'HTTP/2 200 OK\r\n\r\n',
  'an empty line first': '\r\nHTTP/1.1 200 OK\r\n\r\n',
  'a status below 100': 'HTTP/1.1 099 Odd\r\n\r\n',
  'a status of four digits': 'HTTP/1.1 2000 OK\r\n\r\n',
  'a status with a letter': 'HTTP/1.1 2O0 OK\r\n\r\n',
  'a line without a colon': respond(['No colon here']),
  'a field without a name': respond([': value']),
  'blanks in front of no colon': respond(['Content-Length  ']),
  'a status line without a code': 'HTTP/1.1   \r\n\r\n',
  'a length with a plus': respond(['Content-Length: +5'], 'hello'),
  'a length with a sign': respond(['Content-Length: -5']),
  'a length with a gap': respond(['Content-Length: 1 2']),
  'an empty length': respond(['Content-Length:']),
  'a length beyond 2^53': respond(['Content-Length: 9007199254740993']),
  'two lengths that differ': respond(['Content-Length: 5', 'Content-Length: 6']),
  'a list of lengths that differ': respond(['Content-Length: 5, 6']),
  'a head ended by a lone carriage return': 'HTTP/1.1 200 OK\r\n\rX',
  'a chunk without a size': respond([CHUNKED], '\r\nhello'),
  'a chunk size that is no number': respond([CHUNKED], 'xyz\r\n'),
  'a chunk size with a tail': respond([CHUNKED], '5x\r\nhello'),
  'a chunk longer than its size': respond([CHUNKED], '3\r\nhello\r\n'),
  'a chunk size beyond 2^53': respond([CHUNKED], `1${'0'.repeat(14)}\r\n`),
};

const CUT: Readonly<Record<string, string>> = {
  nothing: '',
  'half a status': 'HTTP/1.1 20',
  'half a head': 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n',
  'half a counted body': respond(['Content-Length: 5'], 'hell'),
  'chunks without a last one': respond([CHUNKED], '5\r\nhello\r\n'),
  'a last chunk without its end': respond([CHUNKED], '0\r\n'),
  'only an interim response': 'HTTP/1.1 100 Continue\r\n\r\n',
};

const UNTIL_CLOSE: Readonly<Record<string, string>> = {
  'no length': respond(['Content-Type: text/plain'], 'all that comes'),
  'an unknown last coding': respond(
    ['Transfer-Encoding: chunked, gzip', 'Content-Length: 3'],
    'all that comes',
  ),
  'a coding that only begins like chunked': respond(['Transfer-Encoding: chunkedx'], 'all that comes'),
  'a coding with a gap': respond(['Transfer-Encoding: chun ked'], 'all that comes'),
};

describe('response parser', () => {
  it.each(Object.entries(WHOLE))('completes %s', (_what, text) => {
    expect(readText(text)).toMatchObject({ pushed: COMPLETE, atEof: COMPLETE, status: 200 });
  });

  it.each(Object.entries(GARBLED))('refuses %s', (_what, text) => {
    expect(readText(text)).toMatchObject({ pushed: GARBAGE, atEof: GARBAGE });
  });

  it.each(Object.entries(CUT))('calls %s truncated', (_what, text) => {
    expect(readText(text)).toMatchObject({ pushed: NEED_MORE, atEof: TRUNCATED });
  });

  it.each(Object.entries(UNTIL_CLOSE))('reads until the connection ends after %s', (_what, text) => {
    expect(readText(text)).toEqual({
      pushed: NEED_MORE,
      atEof: COMPLETE,
      status: 200,
      closeDelimited: true,
    });
  });

  it.each([101, 204, 304])('expects no body after %i, whatever its head says', (status) => {
    const reading = readText(`HTTP/1.1 ${status} X\r\nContent-Length: 5\r\n\r\n`);
    expect(reading).toMatchObject({ pushed: COMPLETE, status });
  });

  it('expects no body after HEAD', () => {
    expect(readText(respond(['Content-Length: 5']), true).pushed).toBe(COMPLETE);
    expect(readText(respond([CHUNKED]), true).pushed).toBe(COMPLETE);
  });

  it('completes with the last byte of the body, not before', () => {
    const text = respond(['Content-Length: 5'], 'hello');
    expect(readText(text.slice(0, -1)).pushed).toBe(NEED_MORE);
    expect(readText(text).pushed).toBe(COMPLETE);
  });

  it('forgets an interim status until the next one is read', () => {
    expect(readText('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 ').status).toBe(0);
  });

  it('takes a head one byte below 300 KiB and refuses it at that', () => {
    const overhead = respond(['X: ']).length;
    const ofLength = (length: number): string => respond([`X: ${'y'.repeat(length - overhead)}`]);
    expect(readText(ofLength(307_199)).atEof).toBe(COMPLETE);
    expect(readText(ofLength(307_201)).pushed).toBe(GARBAGE);
  });

  it('refuses interim responses and trailers without end', () => {
    const interim = 'HTTP/1.1 100 Continue\r\n\r\n';
    expect(readText(interim.repeat(13_000)).pushed).toBe(GARBAGE);
    expect(readText(respond([CHUNKED], `0\r\n${'X: y\r\n'.repeat(12_000)}`)).pushed).toBe(GARBAGE);
  });

  it('keeps slots apart, and starts anew on reset', () => {
    const parser = new ResponseParser(2);
    parser.reset(0, false);
    parser.reset(1, false);
    const head = Buffer.from('HTTP/1.1 404 No\r\nContent-Length: 3\r\n\r\n');
    parser.push(0, head, 0, head.length);
    expect(parser.push(1, Buffer.from('junk'), 0, 4)).toBe(GARBAGE);
    expect(parser.push(0, Buffer.from('..abc..'), 2, 5)).toBe(COMPLETE);
    expect([parser.status(0), parser.status(1)]).toEqual([404, 0]);
    parser.reset(1, false);
    expect(parser.push(1, head, 0, head.length)).toBe(NEED_MORE);
    expect(parser.status(1)).toBe(404);
  });

  it.each([200, 204, 299])('takes a %i to CONNECT as complete at its head', (status) => {
    const parser = new ResponseParser(SLOT + 1);
    parser.resetForConnect(SLOT);
    const head = Buffer.from(
      `HTTP/1.1 ${status} X\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    expect(parser.push(SLOT, head, 0, head.length)).toBe(COMPLETE);
  });

  it('expects a body after any other answer to CONNECT', () => {
    const parser = new ResponseParser(SLOT + 1);
    parser.resetForConnect(SLOT);
    const head = Buffer.from('HTTP/1.1 407 X\r\nContent-Length: 5\r\n\r\n');
    expect(parser.push(SLOT, head, 0, head.length)).toBe(NEED_MORE);
    expect(parser.push(SLOT, Buffer.from('hello'), 0, 5)).toBe(COMPLETE);
  });

  it('tells where in the bytes of a push the head and the response end', () => {
    const parser = new ResponseParser(SLOT + 1);
    const ends = (text: string, from = 0): number[] => {
      const bytes = Buffer.from(text);
      parser.push(SLOT, bytes, from, bytes.length);
      return [parser.headEnd, parser.end];
    };
    parser.reset(SLOT, false);
    const head = 'HTTP/1.1 407 X\r\nContent-Length: 5\r\n\r\n';
    expect(ends('HTTP/1.1 100 Continue\r\n\r\nHTTP')).toEqual([29, 29]);
    expect(ends(`${head.slice(4)}he`)).toEqual([head.length - 4, head.length - 2]);
    expect(ends('..llo tail', 2)).toEqual([2, 5]);
    expect(ends('tail')).toEqual([0, 0]);
  });

  const samples = [WHOLE, GARBLED, CUT, UNTIL_CLOSE].flatMap((group) => Object.values(group));
  const anyMessage = fc.oneof(
    fc.constantFrom(...samples).map((text) => Buffer.from(text, 'latin1')),
    mutated(fc.constantFrom(...samples)),
    fc.uint8Array({ maxLength: 300 }),
  );

  it('reads the same however the bytes are split', () => {
    fc.assert(
      fc.property(
        anyMessage,
        fc.array(fc.nat(400), { maxLength: 20 }),
        fc.boolean(),
        (bytes, cuts, hasNoBody) => {
          expect(read(split(bytes, cuts), hasNoBody)).toEqual(read([bytes], hasNoBody));
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it('reads the same byte by byte, around the limit of a head too', () => {
    for (const length of [65_400, 65_518, 65_519, 65_520, 65_521, 65_522, 65_600]) {
      const bytes = Buffer.from(respond([`X: ${'y'.repeat(length - 22)}`, 'Content-Length: 1'], 'a'));
      const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
      expect(read(single)).toEqual(read([bytes]));
    }
  });
});

/** A few bytes of a sample replaced, so that it breaks somewhere in the middle. */
function mutated(texts: fc.Arbitrary<string>): fc.Arbitrary<Uint8Array> {
  const edits = fc.array(fc.tuple(fc.nat(200), fc.integer({ min: 0, max: 255 })), {
    minLength: 1,
    maxLength: 3,
  });
  return fc.tuple(texts, edits).map(([text, changes]) => {
    const bytes = Buffer.from(text, 'latin1');
    for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
    return bytes;
  });
}

function split(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}
