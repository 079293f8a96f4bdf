import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { type AttemptEnd, classify } from '../../src/outcome/classify.ts';
import type { Expectation } from '../../src/outcome/expectation.ts';
import { OUTCOMES, type Outcome } from '../../src/outcome/outcome.ts';

const { errno } = constants;

const ANY: Expectation = { kind: 'status', statuses: [] };
const OK_200: Expectation = { kind: 'status', statuses: [200, 204] };
const ESTABLISHED: Expectation = { kind: 'established' };
const REFUSED: Expectation = { kind: 'refused' };

type Row = readonly [why: string, end: Partial<AttemptEnd>, expected: Expectation, outcome: Outcome];

const start = (code: number): Partial<AttemptEnd> => ({ phase: 'start', cause: 'errno', errno: code });
const failed = (phase: AttemptEnd['phase'], code: number): Partial<AttemptEnd> => ({
  phase,
  cause: 'errno',
  errno: code,
});

const tlsFailed = (tlsCode: string): Partial<AttemptEnd> => ({ phase: 'tls', cause: 'tls', tlsCode });
const challenged = (status: number): Partial<AttemptEnd> => ({
  phase: 'response',
  cause: 'challenged',
  status,
});
const DENIED: Expectation = { kind: 'status', statuses: [407] };

const ROWS: readonly Row[] = [
  ['any status will do', { phase: 'done', status: 503 }, ANY, 'ok'],
  ['a status that is listed', { phase: 'done', status: 204 }, OK_200, 'ok'],
  ['a status that is not', { phase: 'done', status: 407 }, OK_200, 'unexpected-status'],
  ['established was all that was asked', { phase: 'done' }, ESTABLISHED, 'ok'],
  ['a port that must refuse let us in', { phase: 'done' }, REFUSED, 'unexpected-handshake'],

  ['no descriptor left in the process', start(errno.EMFILE), ANY, 'local-fd-exhausted'],
  ['no descriptor left in the system', start(errno.ENFILE), ANY, 'local-fd-exhausted'],
  ['no port left', start(errno.EADDRNOTAVAIL), ANY, 'local-port-exhausted'],
  ['the port is taken', start(errno.EADDRINUSE), ANY, 'local-port-in-use'],
  ['no buffers', start(errno.ENOBUFS), ANY, 'local-no-memory'],
  ['no memory', start(errno.ENOMEM), ANY, 'local-no-memory'],
  ['no route to the network', start(errno.ENETUNREACH), ANY, 'local-no-route'],
  ['no route to the host', start(errno.EHOSTUNREACH), ANY, 'local-no-route'],
  ['the interface is down', start(errno.ENETDOWN), ANY, 'local-no-route'],
  ['a local rule forbids it', start(errno.EPERM), ANY, 'local-denied'],
  ['no such source address', { ...start(errno.EADDRNOTAVAIL), lacks: 'address' }, ANY, 'local-no-address'],
  [
    'no address of that family',
    { ...start(errno.EADDRNOTAVAIL), lacks: 'family' },
    ANY,
    'local-wrong-family',
  ],
  ['a privileged port', start(errno.EACCES), ANY, 'local-denied'],
  ['anything else before the SYN', start(errno.EINVAL), ANY, 'local-start-failure'],
  ['loopback refuses within connect()', start(errno.ECONNREFUSED), ANY, 'handshake-refused'],
  ['and that is what was asked', start(errno.ECONNREFUSED), REFUSED, 'ok'],

  ['our own timeout', { phase: 'handshake', cause: 'timeout' }, ANY, 'handshake-timeout'],
  ["the kernel's timeout", failed('handshake', errno.ETIMEDOUT), ANY, 'handshake-timeout'],
  ['a timeout is no refusal', { phase: 'handshake', cause: 'timeout' }, REFUSED, 'handshake-timeout'],
  ['RST to the SYN', failed('handshake', errno.ECONNREFUSED), ANY, 'handshake-refused'],
  ['RST to the SYN, as asked', failed('handshake', errno.ECONNREFUSED), REFUSED, 'ok'],
  [
    'ICMP port unreachable, by the error of an RST',
    { ...failed('handshake', errno.ECONNREFUSED), refusedBy: 'ICMP port-unreachable (3/3) from 10.0.0.1' },
    ANY,
    'handshake-unreachable',
  ],
  [
    'the same where a closed port was asked for',
    { ...failed('handshake', errno.ECONNREFUSED), refusedBy: 'ICMPv6 port-unreachable (1/4) from fd77::2' },
    REFUSED,
    'handshake-unreachable',
  ],
  [
    'a refusal that this machine cannot tell',
    { ...failed('handshake', errno.ECONNREFUSED), refusedBy: 'cannot tell' },
    REFUSED,
    'ok',
  ],
  ['RST once both SYNs had crossed', failed('handshake', errno.ECONNRESET), ANY, 'handshake-reset'],
  [
    'an ICMP message of this machine itself',
    {
      ...failed('handshake', errno.ECONNREFUSED),
      refusedBy: 'ICMP port-unreachable (3/3) from 10.0.0.5',
      lacks: 'permission',
    },
    ANY,
    'local-denied',
  ],
  [
    'the same, of a prohibition',
    { ...failed('handshake', errno.EHOSTUNREACH), lacks: 'permission' },
    ANY,
    'local-denied',
  ],
  ['ICMP host unreachable', failed('handshake', errno.EHOSTUNREACH), ANY, 'handshake-unreachable'],
  ['ICMP net unreachable', failed('handshake', errno.ENETUNREACH), ANY, 'handshake-unreachable'],
  ['ICMP protocol unreachable', failed('handshake', errno.ENOPROTOOPT), ANY, 'handshake-unreachable'],
  ['ICMPv6 administratively prohibited', failed('handshake', errno.EACCES), ANY, 'handshake-unreachable'],
  ['given up before an answer', { phase: 'handshake', cause: 'stopped' }, ANY, 'abandoned'],
  ['an error of this machine meanwhile', failed('handshake', errno.ENOBUFS), ANY, 'local-failure'],

  ['no response in time', { phase: 'response', cause: 'timeout' }, ANY, 'response-timeout'],
  ['the far end vanished', failed('response', errno.ETIMEDOUT), ANY, 'response-timeout'],
  ['RST instead of a response', failed('response', errno.ECONNRESET), ANY, 'response-reset'],
  ['RST met while sending', failed('response', errno.EPIPE), ANY, 'response-reset'],
  [
    'RST after an establishment that was not wanted',
    failed('response', errno.ECONNRESET),
    REFUSED,
    'response-reset',
  ],
  ['the route went away', failed('response', errno.EHOSTUNREACH), ANY, 'response-unreachable'],
  ['FIN before the first byte', { phase: 'response', cause: 'eof' }, ANY, 'response-empty'],
  ['FIN within the response', { phase: 'response', cause: 'eof', bytes: 9 }, ANY, 'response-truncated'],
  ['not HTTP', { phase: 'response', cause: 'parse', bytes: 9 }, ANY, 'response-garbage'],
  ['given up before a response', { phase: 'response', cause: 'stopped' }, ANY, 'abandoned'],
  ['an error of this machine', failed('response', errno.ENOBUFS), ANY, 'local-failure'],

  ['the far end closes', { phase: 'closing', cause: 'eof', status: 200 }, OK_200, 'ok'],
  [
    'it closes, but said something else',
    { phase: 'closing', cause: 'eof', status: 500 },
    OK_200,
    'unexpected-status',
  ],
  [
    'it closes, but said it otherwise',
    { phase: 'closing', cause: 'eof', status: 200, unmet: ['bytes 1..2'] },
    OK_200,
    'unexpected-content',
  ],
  ['another status, and otherwise', { status: 500, unmet: ['bytes 1..2'] }, OK_200, 'unexpected-status'],
  ['it never closes', { phase: 'closing', cause: 'timeout', status: 200 }, OK_200, 'never-closed'],
  ['it resets instead', { ...failed('closing', errno.ECONNRESET), status: 200 }, OK_200, 'ok'],
  ['given up before it closed', { phase: 'closing', cause: 'stopped' }, OK_200, 'abandoned'],

  ['a held connection is closed', { phase: 'held', cause: 'eof', status: 200 }, OK_200, 'held-cut'],
  ['a held connection is reset', failed('held', errno.ECONNRESET), OK_200, 'held-cut'],
  ['a held connection is given up', { phase: 'held', cause: 'stopped' }, OK_200, 'abandoned'],

  ['CONNECT refused', { phase: 'tunnel', cause: 'refused', status: 403 }, OK_200, 'tunnel-refused'],
  ['CONNECT not answered', { phase: 'tunnel', cause: 'timeout' }, ANY, 'tunnel-timeout'],
  ['FIN instead of an answer to CONNECT', { phase: 'tunnel', cause: 'eof' }, ANY, 'tunnel-closed'],
  ['RST instead of an answer to CONNECT', failed('tunnel', errno.ECONNRESET), ANY, 'tunnel-closed'],
  ['the route goes away meanwhile', failed('tunnel', errno.EHOSTUNREACH), ANY, 'response-unreachable'],
  ['CONNECT answered by no HTTP', { phase: 'tunnel', cause: 'parse' }, ANY, 'tunnel-garbage'],
  ['CONNECT given up', { phase: 'tunnel', cause: 'stopped' }, ANY, 'abandoned'],
  ['FIN in a tunnel', { phase: 'response', cause: 'eof', isTunnelled: true }, ANY, 'tunnel-cut'],
  ['RST in a tunnel', { ...failed('response', errno.ECONNRESET), isTunnelled: true }, ANY, 'tunnel-cut'],
  ['FIN during TLS in a tunnel', { phase: 'tls', cause: 'eof', isTunnelled: true }, ANY, 'tunnel-cut'],

  ['no authority that is trusted', tlsFailed('SELF_SIGNED_CERT_IN_CHAIN'), ANY, 'tls-untrusted'],
  ['an expired certificate', tlsFailed('CERT_HAS_EXPIRED'), ANY, 'tls-expired'],
  ['a certificate not valid yet', tlsFailed('CERT_NOT_YET_VALID'), ANY, 'tls-expired'],
  ['another name', tlsFailed('ERR_TLS_CERT_ALTNAME_INVALID'), ANY, 'tls-wrong-name'],
  ['an alert', tlsFailed('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'), ANY, 'tls-alert'],
  ['an alert in the middle', { ...tlsFailed('ERR_SSL_SSLV3_ALERT_X'), phase: 'response' }, ANY, 'tls-alert'],
  ['no TLS at all', tlsFailed('ERR_SSL_WRONG_VERSION_NUMBER'), ANY, 'tls-failed'],
  ['TLS not done in time', { phase: 'tls', cause: 'timeout' }, ANY, 'tls-timeout'],
  ['FIN during TLS', { phase: 'tls', cause: 'eof' }, ANY, 'tls-closed'],
  ['RST during TLS', failed('tls', errno.ECONNRESET), ANY, 'tls-closed'],
  ['TLS given up', { phase: 'tls', cause: 'stopped' }, ANY, 'abandoned'],

  ['refused again', { phase: 'response', cause: 'denied', status: 407 }, OK_200, 'auth-denied'],
  ['refused again, as wanted', { phase: 'response', cause: 'denied', status: 407 }, DENIED, 'ok'],
  ['the tunnel stays shut', { phase: 'tunnel', cause: 'denied', status: 407 }, OK_200, 'auth-denied'],
  ['another scheme', { phase: 'response', cause: 'not-offered', status: 407 }, OK_200, 'auth-failed'],
  ['another scheme, as wanted', { phase: 'response', cause: 'not-offered', status: 407 }, DENIED, 'ok'],
  ['asked and closed', challenged(407), OK_200, 'proxy-closed-after-407'],
  ['asked and closed by an origin', challenged(401), OK_200, 'origin-closed-after-401'],
  ['no credentials ready', { phase: 'tunnel', cause: 'no-credentials' }, ANY, 'local-no-credentials'],
];

/** Told by the feeders, before any engine is involved. */
const NOT_OF_ENGINES: readonly Outcome[] = [
  'unsent-late',
  'unsent-open-limit',
  'unsent-no-port',
  'unsent-no-credentials',
];

describe('classify', () => {
  it.each(ROWS)('%s', (_why, end, expected, outcome) => {
    const whole: AttemptEnd = { phase: 'done', cause: 'none', errno: 0, status: 0, bytes: 0, ...end };
    expect(classify(whole, expected)).toBe(outcome);
  });

  it('can tell every outcome that an engine may cause', () => {
    const told = new Set(ROWS.map(([, , , outcome]) => outcome));
    expect(OUTCOMES.filter((outcome) => !told.has(outcome))).toEqual(NOT_OF_ENGINES);
  });
});

describe('a connection of a browser', () => {
  it('is as it should be where nothing was asked on it', () => {
    const end = { phase: 'done', cause: 'none', errno: 0, status: 0, bytes: 0 } as const;
    expect(classify(end, { kind: 'status', statuses: [200] })).toBe('ok');
  });
});
