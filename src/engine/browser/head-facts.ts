import { type Challenge, readChallenge, readPersistence } from '../http/challenge.ts';
import { LEAST_STATUS, readErrorName } from '../http/error-name.ts';
import type { EngineAuth } from '../types.ts';

/** What the head of a response says that a browser acts on. */
export interface HeadFacts {
  /** If it has the status of the arm's challenges. */
  readonly challenge: Challenge | undefined;
  /** The proxy's name for the error, see http/error-name.ts; empty if it gives none. */
  readonly errorName: string;
  /** The connection can be used again after it. */
  readonly persists: boolean;
}

/** Shared by nearly all responses. */
const UNREMARKABLE: HeadFacts = { challenge: undefined, errorName: '', persists: true };

/** A head whose connection may not persist (RFC 9112 section 9.3): keep-alive alone, as Squid says it, changes nothing. */
const MAY_END = /^HTTP\/1\.0|\n(?:proxy-)?connection[ \t]*:(?![ \t]*keep-alive[ \t]*\r?\n(?![ \t]))/i;

const LF = 0x0a;
const ZERO = 0x30;
/** Of `HTTP/1.x`. */
const MINOR_AT = 7;
/** With which the names of the fields begin that say whether a connection persists, in lower case. */
const [C, P] = [0x63, 0x70];
/** As Squid writes it, beside which nothing needs to be read. */
const KEEP_ALIVE = Buffer.from('connection: keep-alive\r\n', 'latin1');
const BLANK = 0x20;
/** Lower case of an ASCII letter. */
const LOWER = 0x20;

/**
 * @param bytes begin with the head; interim responses may precede it
 * @param length of the head, with its empty line
 */
export function readHeadFacts(
  bytes: Uint8Array,
  length: number,
  status: number,
  auth: EngineAuth | undefined,
): HeadFacts {
  const isPlain = isPlainlyPersistent(bytes, length);
  if (status < LEAST_STATUS && isPlain) return UNREMARKABLE;
  const head = bytes.subarray(0, length);
  const persists = isPlain || !MAY_END.test(latin1Of(head)) || readPersistence(head);
  if (status < LEAST_STATUS && persists) return UNREMARKABLE;
  const challenge =
    auth !== undefined && status === auth.status ? readChallenge(head, auth.status, auth.scheme) : undefined;
  return { challenge, errorName: status < LEAST_STATUS ? '' : readErrorName(head), persists };
}

const latin1Of = (head: Uint8Array): string =>
  Buffer.from(head.buffer, head.byteOffset, head.length).toString('latin1');

/**
 * Whether a head can be told to be no end at a glance, as most can: HTTP/1.1, and no line begins as if it said whether the
 * connection persists, unless it says `Connection: keep-alive`. False: it has to be read.
 */
function isPlainlyPersistent(bytes: Uint8Array, length: number): boolean {
  if (bytes[MINOR_AT] === ZERO) return false;
  for (let at = MINOR_AT + 1; at < length; at += 1) {
    if (bytes[at - 1] !== LF) continue;
    const first = bytes[at]! | LOWER;
    if (first === P && isProxyField(bytes, at)) return false;
    if (
      first !== C ||
      (bytes[at + 1]! | LOWER) !== KEEP_ALIVE[1] ||
      (bytes[at + 3]! | LOWER) !== KEEP_ALIVE[3]
    )
      continue;
    if (!isKeepAlive(bytes, at, length)) return false;
  }
  return true;
}

/** Whether a name begins as that of Proxy-Connection. */
const isProxyField = (bytes: Uint8Array, at: number): boolean =>
  (bytes[at + 1]! | LOWER) === 0x72 && (bytes[at + 6]! | LOWER) === C;

/** Whether a line says keep-alive, in one of the usual spellings, and ends there: a blank would continue it. */
function isKeepAlive(bytes: Uint8Array, at: number, length: number): boolean {
  const end = at + KEEP_ALIVE.length;
  if (end >= length || (bytes[end]! <= BLANK && bytes[end] !== 0x0d)) return false;
  for (let index = 0; index < KEEP_ALIVE.length; index += 1) {
    const written = bytes[at + index]!;
    const isLetter = KEEP_ALIVE[index]! >= 0x61;
    if ((isLetter ? written | LOWER : written) !== KEEP_ALIVE[index]) return false;
  }
  return true;
}
