import { constants } from 'node:os';
import type { Expectation } from './expectation.ts';
import type { Outcome } from './outcome.ts';
import { isIcmp } from './refusal.ts';

const { errno } = constants;

/**
 * How far an attempt had got when it ended. `start`: socket, bind or connect failed at once; `handshake`: SYN sent;
 * `tunnel`: established, waiting for the proxy's response to CONNECT; `tls`: TLS handshake in progress; `response`:
 * waiting for the complete response; `closing`: response complete, waiting for the far end to close; `held`: kept
 * open on purpose; `done`: everything that the arm asked for has happened.
 */
export type AttemptPhase =
  | 'start'
  | 'handshake'
  | 'tunnel'
  | 'tls'
  | 'response'
  | 'closing'
  | 'held'
  | 'done';

/**
 * Why it ended in that phase. `eof`: the far end closed; `parse`: not HTTP; `stopped`: this program abandoned it;
 * `challenged`: asked for credentials on a connection that cannot be reused, because the far end has closed it or is
 * about to, so that another has to carry them; `denied`: challenged again although credentials were sent;
 * `not-offered`: challenged, but not with the arm's scheme; `no-credentials`: challenged, and none were available;
 * `refused`: CONNECT answered with a status other than 2xx; `tls`: the TLS handshake or a record failed, see
 * `tlsCode`.
 */
export type EndCause =
  | 'none'
  | 'errno'
  | 'timeout'
  | 'eof'
  | 'parse'
  | 'stopped'
  | 'challenged'
  | 'denied'
  | 'not-offered'
  | 'no-credentials'
  | 'refused'
  | 'tls';

export type Lack = 'address' | 'family' | 'permission' | 'nothing known';

/** The facts that determine an outcome. */
export interface AttemptEnd {
  phase: AttemptPhase;
  cause: EndCause;
  /** The system's error number if cause is `errno`, otherwise 0. */
  errno: number;
  /** HTTP status, 0 if none was read. */
  status: number;
  /** Response bytes read, headers included. */
  bytes: number;
  /** Node or OpenSSL error code if cause is `tls`, such as CERT_HAS_EXPIRED; otherwise absent or empty. */
  tlsCode?: string;
  /**
   * What this machine lacks, if the error by itself does not show it: the source address, any address of the family, or
   * permission by its own rules.
   */
  lacks?: Lack;
  /** What answered the SYN, if known and a refusal: see refusal.ts. */
  refusedBy?: string;
  /** The conditions that the complete response does not meet: see engine/http/content-rule.ts. */
  unmet?: readonly string[];
  /** The connection is a tunnel that its proxy has opened. */
  isTunnelled?: boolean;
}

/** Determines the outcome of an attempt from where and why it ended. */
export function classify(end: Readonly<AttemptEnd>, expected: Expectation): Outcome {
  switch (end.phase) {
    case 'start':
      return classifyStart(end, expected);
    case 'handshake':
      return classifyHandshakeEnd(end, expected);
    case 'tunnel':
      return classifyTunnel(end);
    case 'tls':
      return classifyTls(end);
    case 'response':
      return classifyResponse(end, expected);
    case 'closing':
      return classifyClosing(end, expected);
    case 'held':
      return end.cause === 'stopped' ? 'abandoned' : 'held-cut';
    case 'done':
      return classifyDone(end, expected);
  }
}

/** connect() may report a refusal at once on loopback: the SYN was sent, so it is the far end's answer. */
function classifyStart(end: Readonly<AttemptEnd>, expected: Expectation): Outcome {
  switch (end.errno) {
    case errno.ECONNREFUSED:
      return classifyRefusal(end, expected);
    case errno.EADDRNOTAVAIL:
      return classifyNotAvailable(end);
    case errno.EADDRINUSE:
      return 'local-port-in-use';
    case errno.EMFILE:
    case errno.ENFILE:
      return 'local-fd-exhausted';
    case errno.ENOBUFS:
    case errno.ENOMEM:
      return 'local-no-memory';
    case errno.ENETUNREACH:
    case errno.EHOSTUNREACH:
    case errno.ENETDOWN:
      return 'local-no-route';
    case errno.EACCES:
    case errno.EPERM:
      return 'local-denied';
    default:
      return 'local-start-failure';
  }
}

/**
 * One error with three causes: connect() found no free port, bind() lacked the address, or there is no address of
 * this family.
 */
function classifyNotAvailable({ lacks }: Readonly<AttemptEnd>): Outcome {
  if (lacks === 'address') return 'local-no-address';
  return lacks === 'family' ? 'local-wrong-family' : 'local-port-exhausted';
}

/** Only a host refuses by RST; an ICMP port-unreachable, which gives the same error, is how firewalls reject. */
function classifyRefusal({ refusedBy = '', lacks }: Readonly<AttemptEnd>, expected: Expectation): Outcome {
  if (lacks === 'permission') return 'local-denied';
  if (isIcmp(refusedBy)) return 'handshake-unreachable';
  return expected.kind === 'refused' ? 'ok' : 'handshake-refused';
}

function classifyHandshakeEnd(end: Readonly<AttemptEnd>, expected: Expectation): Outcome {
  if (end.cause === 'timeout' || end.errno === errno.ETIMEDOUT) return 'handshake-timeout';
  if (end.cause === 'stopped') return 'abandoned';
  switch (end.errno) {
    case errno.ECONNREFUSED:
      return classifyRefusal(end, expected);
    case errno.ECONNRESET:
      return 'handshake-reset';
    case errno.EHOSTUNREACH:
    case errno.ENETUNREACH:
    case errno.ECONNABORTED:
    case errno.EPROTO:
    case errno.ENOPROTOOPT:
    case errno.EACCES:
      return end.lacks === 'permission' ? 'local-denied' : 'handshake-unreachable';
    default:
      return 'local-failure';
  }
}

function classifyTunnel(end: Readonly<AttemptEnd>): Outcome {
  switch (end.cause) {
    case 'timeout':
      return 'tunnel-timeout';
    case 'stopped':
      return 'abandoned';
    case 'parse':
      return 'tunnel-garbage';
    case 'refused':
      return 'tunnel-refused';
    case 'eof':
      return 'tunnel-closed';
    case 'errno':
      return isReset(end.errno) ? 'tunnel-closed' : classifyEstablishedErrno(end.errno);
    default:
      return classifyAuthentication(end);
  }
}

function classifyTls(end: Readonly<AttemptEnd>): Outcome {
  switch (end.cause) {
    case 'timeout':
      return 'tls-timeout';
    case 'stopped':
      return 'abandoned';
    case 'tls':
      return classifyTlsCode(end.tlsCode ?? '');
    case 'eof':
      return end.isTunnelled === true ? 'tunnel-cut' : 'tls-closed';
    case 'errno':
      if (!isReset(end.errno)) return classifyEstablishedErrno(end.errno);
      return end.isTunnelled === true ? 'tunnel-cut' : 'tls-closed';
    default:
      return 'local-failure';
  }
}

/**
 * Codes are X509_V_ERR_ names as Node writes them (`node:tls`, "X509 certificate error codes"), its own
 * ERR_TLS_CERT_ALTNAME_INVALID, and OpenSSL's ERR_SSL_..._ALERT_... for what the far end said.
 */
function classifyTlsCode(code: string): Outcome {
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') return 'tls-expired';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'tls-wrong-name';
  if (code.includes('ALERT')) return 'tls-alert';
  if (code.startsWith('ERR_')) return 'tls-failed';
  return 'tls-untrusted';
}

function classifyResponse(end: Readonly<AttemptEnd>, expected: Expectation): Outcome {
  switch (end.cause) {
    case 'timeout':
      return 'response-timeout';
    case 'stopped':
      return 'abandoned';
    case 'parse':
      return 'response-garbage';
    case 'eof':
      if (end.isTunnelled === true) return 'tunnel-cut';
      return end.bytes === 0 ? 'response-empty' : 'response-truncated';
    case 'errno':
      if (end.isTunnelled === true && isReset(end.errno)) return 'tunnel-cut';
      return classifyEstablishedErrno(end.errno);
    case 'tls':
      return classifyTlsCode(end.tlsCode ?? '');
    case 'denied':
      // A scenario that expects refusals says so.
      return expectsStatus(expected, end.status) ? 'ok' : 'auth-denied';
    case 'not-offered':
      return expectsStatus(expected, end.status) ? 'ok' : 'auth-failed';
    default:
      return classifyAuthentication(end);
  }
}

/** Outcomes of failed authentication, in any phase. */
function classifyAuthentication(end: Readonly<AttemptEnd>): Outcome {
  switch (end.cause) {
    case 'challenged':
      return end.status === 407 ? 'proxy-closed-after-407' : 'origin-closed-after-401';
    case 'denied':
      return 'auth-denied';
    case 'not-offered':
      return 'auth-failed';
    case 'no-credentials':
      return 'local-no-credentials';
    default:
      return 'local-failure';
  }
}

function isReset(code: number): boolean {
  return code === errno.ECONNRESET || code === errno.EPIPE;
}

function expectsStatus(expected: Expectation, status: number): boolean {
  return expected.kind === 'status' && expected.statuses.includes(status);
}

/** The response is complete, even if the far end then closes by RST instead of FIN: curl accepts that too. */
function classifyClosing(end: Readonly<AttemptEnd>, expected: Expectation): Outcome {
  switch (end.cause) {
    case 'timeout':
      return 'never-closed';
    case 'stopped':
      return 'abandoned';
    case 'errno':
      return isReset(end.errno) ? classifyDone(end, expected) : classifyEstablishedErrno(end.errno);
    default:
      return classifyDone(end, expected);
  }
}

function classifyEstablishedErrno(code: number): Outcome {
  switch (code) {
    case errno.ECONNRESET:
    case errno.EPIPE:
      return 'response-reset';
    case errno.ETIMEDOUT:
      return 'response-timeout';
    case errno.EHOSTUNREACH:
    case errno.ENETUNREACH:
      return 'response-unreachable';
    default:
      return 'local-failure';
  }
}

function classifyDone({ status, unmet = [] }: Readonly<AttemptEnd>, expected: Expectation): Outcome {
  switch (expected.kind) {
    case 'refused':
      return 'unexpected-handshake';
    case 'established':
      return 'ok';
    case 'status':
      // A browser may open a connection that it then does not need: no request was sent on it.
      if (status === 0) return 'ok';
      if (expected.statuses.length > 0 && !expected.statuses.includes(status)) return 'unexpected-status';
      return unmet.length > 0 ? 'unexpected-content' : 'ok';
  }
}
