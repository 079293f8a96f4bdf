import fc from 'fast-check';

/** How a far end leaves a connection once it has said all that it has to say. `half`: FIN, but it goes on reading. */
export type Ending = 'fin' | 'half' | 'rst' | 'open';

/** What a far end says in answer to one request. */
export interface Answer {
  readonly pieces: readonly Buffer[];
  readonly ending: Ending;
  /** Everything, and the end, goes out at once, so that the near end may hear of all in one event; else one by one. */
  readonly isAtOnce: boolean;
}

/** What a far end does with one attempt: with the request without credentials, and with the one that has them. */
export interface Act {
  readonly plain: Answer;
  readonly authorised: Answer;
}

const STATUSES = [
  '200 OK',
  '200 OK',
  '200 OK',
  '200',
  '204 No Content',
  '304 Not Modified',
  '404 Not Found',
  '503 Busy',
  '101 Go',
  '600 ?',
];
const CHALLENGES = ['407 Proxy Authentication Required', '407', '401 Unauthorized'];
const VERSIONS = ['HTTP/1.0', 'HTTP/1.1 ', 'HTTP/1.0\t ', 'HTTP/1.7', 'http/1.1'];
const INTERIM = ['', '', '', 'HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 103 Hints\r\nLink: <a>\r\n\r\n'];
const SCHEMES = [
  'Basic realm="a"',
  'Basic realm="a"',
  'basic',
  'Negotiate',
  'Digest realm="b", nonce="c"',
  'NTLM, basic realm=x',
  '',
];
const NOISE = [
  'Server: x',
  'X-Folded: a\r\n b',
  'Connection: close',
  'Connection: keep-alive',
  'Proxy-Connection: close',
  'Keep-Alive: timeout=5, max=2',
  'X-Squid-Error: ERR_ACCESS_DENIED 0',
  'Content-Type: text/html; charset="é"',
  'Blank before : colon',
  `X-Long: ${'l'.repeat(2_000)}`,
];

const pick = <T>(values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
/** The first far more often than the rest: a response that is broken at once has nothing left to read. */
const mostly = <T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 8, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: pick(others) });

const body = fc
  .oneof({ weight: 20, arbitrary: fc.nat(300) }, { weight: 1, arbitrary: fc.nat(20_000) })
  .map((length) => 'b'.repeat(length));

/** How the end of a body is told, rightly and wrongly: fields, and the body as it goes out. */
const framed = fc.tuple(body, fc.nat(40), pick(['\r\n', '\r\n', '\n'])).chain(([text, excess, newline]) => {
  const { length } = text;
  const chunked = [text.slice(0, 7), text.slice(7, 50), text.slice(50)]
    .filter((part) => part !== '')
    .map((part) => `${part.length.toString(16)};e=1${newline}${part}${newline}`)
    .join('');
  const ended = `${chunked}0${newline}${newline}`;
  return pick<readonly [fields: readonly string[], body: string]>([
    [[`Content-Length: ${length}`], text],
    [[`Content-Length: ${length}`], text],
    [[`content-length:${length}`], text],
    [[`Content-Length: ${length}`], text + 'x'.repeat(excess)],
    [[`Content-Length: ${length + excess}`], text],
    [[`Content-Length: ${length}`, `Content-Length: ${length}`], text],
    [[`Content-Length: ${length}, ${length}`], text],
    [[`Content-Length: ${length}`, `Content-Length: ${length + excess}`], text],
    [[`Content-Length: +${length}`], text],
    [[`Content-Length: -${length}`], text],
    [['Content-Length: '], text],
    [[`Content-Length: 9${'9'.repeat(excess)}`], text],
    [[`Content-Length : ${length}`], text],
    [['Transfer-Encoding: chunked'], ended],
    [['Transfer-Encoding: chunked'], ended],
    [['Transfer-Encoding: chunked'], `${chunked}0${newline}Trailer: t${newline}${newline}`],
    [['Transfer-Encoding: chunked'], chunked],
    [['Transfer-Encoding: chunked'], ended + 'x'.repeat(excess)],
    [['Transfer-Encoding: chunked', `Content-Length: ${length}`], ended],
    [['Transfer-Encoding: gzip, chunked'], ended],
    [['Transfer-Encoding: chunked, gzip'], text],
    [['Transfer-Encoding: identity'], text],
    [['Transfer-Encoding: chunked'], text],
    [[], text],
    [[], text],
  ]);
});

function response(statuses: readonly string[]): fc.Arbitrary<string> {
  const noise = fc.array(pick(NOISE), { maxLength: 3 });
  return fc
    .tuple(
      pick(INTERIM),
      mostly('HTTP/1.1', ...VERSIONS),
      pick(statuses),
      pick(SCHEMES),
      noise,
      framed,
      mostly('\r\n', '\n'),
    )
    .map(([interim, version, status, scheme, fields, [framing, text], newline]) => {
      const asked = status.startsWith('407') ? [`Proxy-Authenticate: ${scheme}`] : [];
      const head = [`${version} ${status}`, ...fields, ...asked, ...framing];
      return `${interim}${head.join(newline)}${newline}${newline}${text}`;
    });
}

/** Mostly as written; else with a few bytes of it changed, lost, doubled or brought in. */
function mutated(text: fc.Arbitrary<string>): fc.Arbitrary<Buffer> {
  const change = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    how: pick(['replace', 'delete', 'double', 'insert', 'cut'] as const),
    byte: fc.oneof(fc.nat(255), pick([0, 9, 10, 13, 32, 44, 48, 58, 59])),
  });
  const changes = fc.oneof(
    { weight: 7, arbitrary: fc.constant([]) },
    { weight: 3, arbitrary: fc.array(change, { minLength: 1, maxLength: 3 }) },
  );
  return fc.tuple(text, changes).map(([whole, list]) =>
    list.reduce<Buffer>(
      (bytes, { at, how, byte }) => {
        const from = Math.floor(at * bytes.length);
        const [before, after] = [bytes.subarray(0, from), bytes.subarray(from)];
        if (how === 'cut') return before;
        if (how === 'delete') return Buffer.concat([before, after.subarray(1)]);
        if (how === 'double') return Buffer.concat([before, after.subarray(0, 1), after]);
        return Buffer.concat([before, Buffer.of(byte), after.subarray(how === 'replace' ? 1 : 0)]);
      },
      Buffer.from(whole, 'latin1'),
    ),
  );
}

const ending = pick<Ending>(['fin', 'fin', 'fin', 'half', 'rst', 'rst', 'open']);

/** Cut into pieces anywhere, up to every byte by itself, and left at any byte. */
function inPieces(bytes: fc.Arbitrary<Buffer>): fc.Arbitrary<Answer> {
  const place = fc.noBias(fc.double({ min: 0, max: 1, noNaN: true }));
  const cuts = fc.oneof(
    { weight: 4, arbitrary: fc.constant([]) },
    { weight: 4, arbitrary: fc.array(place, { minLength: 1, maxLength: 6 }) },
  );
  const until = fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: place });
  return fc.tuple(bytes, cuts, until, ending, fc.boolean()).map(([whole, places, share, left, isAtOnce]) => {
    const said = whole.subarray(0, Math.round(share * whole.length));
    const edges = [0, ...places.map((at) => Math.floor(at * said.length)).sort((a, b) => a - b), said.length];
    const pieces = edges.slice(1).map((to, index) => said.subarray(edges[index], to));
    return { pieces: pieces.filter(({ length }) => length > 0), ending: left, isAtOnce };
  });
}

/**
 * In one piece: what comes after a response that asks for credentials, in time or too late to be seen before they go
 * out, decides whether they do. Both are right, so that no two engines need to agree.
 */
function inOnePiece(bytes: fc.Arbitrary<Buffer>): fc.Arbitrary<Answer> {
  // Left open: credentials may follow on it.
  const left = mostly<Ending>('open', 'fin', 'half', 'rst');
  return fc.record({
    pieces: bytes.map((whole) => (whole.length === 0 ? [] : [whole])),
    ending: left,
    isAtOnce: fc.boolean(),
  });
}

const ordinary = inPieces(mutated(response([...STATUSES, ...CHALLENGES])));

const plainAct: fc.Arbitrary<Act> = ordinary.map((plain) => ({ plain, authorised: plain }));
const askingAct: fc.Arbitrary<Act> = fc.record({
  plain: inOnePiece(
    mutated(
      fc.oneof(
        { weight: 3, arbitrary: response(CHALLENGES.slice(0, 2)) },
        response([...STATUSES, ...CHALLENGES]),
      ),
    ),
  ),
  authorised: ordinary,
});

/** The same acts for the same seed. @param isAsking for an arm that has credentials */
export function actsOf(seed: number, count: number, isAsking: boolean): readonly Act[] {
  return fc.sample(isAsking ? askingAct : plainAct, { seed, numRuns: count });
}
