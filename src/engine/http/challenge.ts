import { listFields, listValues, splitList } from './head-fields.ts';
import type { Field } from './message.ts';

/** What a 407 or 401 says to who would answer it. */
export interface Challenge {
  readonly isOffered: boolean;
  /** It names schemes, and the one that was asked for is none of them. */
  readonly offersOthers: boolean;
  /** Where the one asked for is not among them, the schemes offered: `Digest, NTLM`; empty where it names none. */
  readonly schemes: string;
  /** Whether the connection lasts beyond this response, as far as its head tells (RFC 9112 section 9.3). */
  readonly persists: boolean;
}

/** RFC 9110 sections 11.6.1 and 11.7.1. */
const CHALLENGE_FIELDS = { 401: 'www-authenticate', 407: 'proxy-authenticate' } as const;

/** The field of the standard, and the one that proxies write out of habit. curl and Chromium heed both. */
const CONNECTION_FIELDS = ['connection', 'proxy-connection'] as const;

/**
 * A list element that begins a challenge: a scheme alone, or a scheme, a space and its first parameter. A parameter of
 * the challenge before it has `=` after its name (RFC 9110 section 11.3; white space around `=` is bad but allowed).
 */
const BEGINS_CHALLENGE = /^([^\s=]+)(?:$|[ \t]+(?![ \t=]))/;

/**
 * Reads the head of a complete response that asks for credentials.
 * @param head up to its empty line; interim responses may stand before it
 */
export function readChallenge(head: Uint8Array, status: 401 | 407, scheme: string): Challenge {
  const { isHttp10, fields } = listFields(head);
  const wanted = scheme.toLowerCase();
  const schemes = listValues(fields, CHALLENGE_FIELDS[status])
    .flatMap(splitList)
    .flatMap((element) => BEGINS_CHALLENGE.exec(element)?.[1] ?? []);
  const isOffered = schemes.some((offered) => offered.toLowerCase() === wanted);
  const persists = persistsBy(isHttp10, fields);
  return {
    isOffered,
    offersOthers: schemes.length > 0 && !isOffered,
    schemes: isOffered ? '' : nameSchemes(schemes),
    persists,
  };
}

/**
 * What a far end calls its schemes goes into results and onto terminals: it is kept as far as it is a name like those that
 * IANA has registered, and a few of them.
 */
const SCHEME = /^[A-Za-z][A-Za-z0-9-]{0,31}$/;
const MOST_SCHEMES = 4;

function nameSchemes(schemes: readonly string[]): string {
  const names = new Map<string, string>();
  for (const name of schemes) {
    const key = name.toLowerCase();
    if (SCHEME.test(name) && !names.has(key)) names.set(key, name);
  }
  return [...names.values()].slice(0, MOST_SCHEMES).join(', ');
}

/** Whether a connection lasts beyond a complete response with this head, as far as that tells (RFC 9112 section 9.3). */
export function readPersistence(head: Uint8Array): boolean {
  const { isHttp10, fields } = listFields(head);
  return persistsBy(isHttp10, fields);
}

function persistsBy(isHttp10: boolean, fields: readonly Field[]): boolean {
  const options = CONNECTION_FIELDS.flatMap((name) => listValues(fields, name))
    .flatMap(splitList)
    .map((option) => option.toLowerCase());
  return !options.includes('close') && (!isHttp10 || options.includes('keep-alive'));
}
