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

/** @param head up to its empty line; interim responses may precede it */
export function readHeadFacts(head: Uint8Array, status: number, auth: EngineAuth | undefined): HeadFacts {
  const text = Buffer.from(head.buffer, head.byteOffset, head.length).toString('latin1');
  const persists = !MAY_END.test(text) || readPersistence(head);
  if (status < LEAST_STATUS && persists) return UNREMARKABLE;
  const challenge =
    auth !== undefined && status === auth.status ? readChallenge(head, auth.status, auth.scheme) : undefined;
  return { challenge, errorName: status < LEAST_STATUS ? '' : readErrorName(head), persists };
}
