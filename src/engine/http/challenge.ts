import { listFields, listValues, splitList } from './head-fields.ts';
import type { Field } from './message.ts';

/** What a 407 or 401 tells the client. */
export interface Challenge {
  readonly isOffered: boolean;
  /** It offers schemes, but not the configured one. */
  readonly offersOthers: boolean;
  /** If the configured scheme is not offered, the schemes that are: `Digest, NTLM`; empty if it names none. */
  readonly schemes: string;
  /** Whether the connection persists after this response, judging by its head (RFC 9112 section 9.3). */
  readonly persists: boolean;
}

/** RFC 9110 sections 11.6.1 and 11.7.1. */
const CHALLENGE_FIELDS = { 401: 'www-authenticate', 407: 'proxy-authenticate' } as const;

/** The standard field, and the one that proxies send out of habit. curl and Chromium honour both. */
const CONNECTION_FIELDS = ['connection', 'proxy-connection'] as const;

/**
 * A list element that begins a challenge: a scheme alone, or a scheme, a space and its first parameter. A parameter
 * of the preceding challenge has `=` after its name (RFC 9110 section 11.3; white space around `=` is bad but
 * allowed).
 */
const BEGINS_CHALLENGE = /^([^\s=]+)(?:$|[ \t]+(?![ \t=]))/;

/**
 * Parses the head of a complete response that asks for credentials.
 * @param head up to its empty line; interim responses may precede it
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
 * Scheme names from the far end reach results and terminals: only names like those registered with IANA are kept, and
 * only a few of them.
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

/** Whether a connection persists after a complete response with this head (RFC 9112 section 9.3). */
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
