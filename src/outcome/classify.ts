import { constants } from 'node:os';
import type { Expectation } from '../scenario/words.ts';
import type { Outcome } from './outcome.ts';

const { errno } = constants;

/**
 * How far an attempt had got when it ended.
 * `start`: socket, bind or connect failed at once; `handshake`: SYN sent; `response`: established, waiting for the
 * whole response; `closing`: response complete, waiting for the far end's FIN; `held`: kept open on purpose;
 * `done`: everything that the arm asked for has happened.
 */
export type AttemptPhase = 'start' | 'handshake' | 'response' | 'closing' | 'held' | 'done';

/** Why it ended in that phase. `eof`: the far end closed; `parse`: not HTTP; `stopped`: this program gave it up. */
export type EndCause = 'none' | 'errno' | 'timeout' | 'eof' | 'parse' | 'stopped';

/** The facts from which an outcome is told. */
export interface AttemptEnd {
  phase: AttemptPhase;
  cause: EndCause;
  /** The system's error number where cause is `errno`, else 0. */
  errno: number;
  /** HTTP status, 0 where none was read. */
  status: number;
  /** Response bytes read, headers included. */
  bytes: number;
}

/** Tells the outcome of an attempt from where and why it ended. */
export function classify(end: Readonly<AttemptEnd>, expected: Expectation): Outcome {
  switch (end.phase) {
    case 'start':
      return classifyStart(end.errno, expected);
    case 'handshake':
      return classifyHandshakeEnd(end, expected);
    case 'response':
      return classifyResponse(end);
    case 'closing':
      return classifyClosing(end, expected);
    case 'held':
      return end.cause === 'stopped' ? 'abandoned' : 'held-cut';
    case 'done':
      return classifyDone(end.status, expected);
  }
}

/** connect() may report a refusal at once on loopback: the SYN had left, so it is the far end's answer. */
function classifyStart(code: number, expected: Expectation): Outcome {
  switch (code) {
    case errno.ECONNREFUSED:
      return expected.kind === 'refused' ? 'ok' : 'handshake-refused';
    case errno.EADDRNOTAVAIL:
      return 'local-port-exhausted';
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

function classifyHandshakeEnd(end: Readonly<AttemptEnd>, expected: Expectation): Outcome {
  if (end.cause === 'timeout' || end.errno === errno.ETIMEDOUT) return 'handshake-timeout';
  if (end.cause === 'stopped') return 'abandoned';
  switch (end.errno) {
    case errno.ECONNREFUSED:
      return expected.kind === 'refused' ? 'ok' : 'handshake-refused';
    case errno.ECONNRESET:
      return 'handshake-reset';
    case errno.EHOSTUNREACH:
    case errno.ENETUNREACH:
    case errno.ECONNABORTED:
    case errno.EPROTO:
    case errno.ENOPROTOOPT:
    case errno.EACCES:
      return 'handshake-unreachable';
    default:
      return 'local-failure';
  }
}

function classifyResponse(end: Readonly<AttemptEnd>): Outcome {
  switch (end.cause) {
    case 'timeout':
      return 'response-timeout';
    case 'stopped':
      return 'abandoned';
    case 'parse':
      return 'response-garbage';
    case 'eof':
      return end.bytes === 0 ? 'response-empty' : 'response-truncated';
    case 'errno':
      return classifyEstablishedErrno(end.errno);
    case 'none':
      return 'local-failure';
  }
}

function classifyClosing(end: Readonly<AttemptEnd>, expected: Expectation): Outcome {
  switch (end.cause) {
    case 'timeout':
      return 'never-closed';
    case 'stopped':
      return 'abandoned';
    case 'errno':
      return classifyEstablishedErrno(end.errno);
    case 'none':
    case 'eof':
    case 'parse':
      return classifyDone(end.status, expected);
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

function classifyDone(status: number, expected: Expectation): Outcome {
  switch (expected.kind) {
    case 'refused':
      return 'unexpected-handshake';
    case 'established':
      return 'ok';
    case 'status':
      return expected.statuses.length === 0 || expected.statuses.includes(status)
        ? 'ok'
        : 'unexpected-status';
  }
}
