import type { ContentExpectation } from '../../outcome/expectation.ts';

/** What a response must hold, ready to be looked for. */
export interface ContentRule {
  readonly contains: readonly Uint8Array[];
  readonly notContains: readonly Uint8Array[];
  readonly matches: readonly RegExp[];
  /** Length of the body in bytes, both ends included. */
  readonly minBytes: number;
  readonly maxBytes: number;
  /** Names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** What each is called where a response does not meet it, as a scenario writes it; of headers the name alone. */
  readonly names: {
    readonly contains: readonly string[];
    readonly notContains: readonly string[];
    readonly matches: readonly string[];
    readonly bytes: string;
    readonly headers: readonly string[];
  };
}

/** Characters of a text or pattern that its name shows. */
const NAMED_CHARS = 40;

/** Texts are looked for as UTF-8. */
export function compileContent({ body, bytes, headers = [] }: ContentExpectation): ContentRule {
  const toBytes = (text: string): Buffer => Buffer.from(text, 'utf8');
  return {
    contains: (body?.contains ?? []).map(toBytes),
    notContains: (body?.notContains ?? []).map(toBytes),
    matches: (body?.matches ?? []).map((pattern) => new RegExp(pattern)),
    minBytes: bytes?.from ?? 0,
    maxBytes: bytes?.to ?? Number.POSITIVE_INFINITY,
    headers,
    names: {
      contains: (body?.contains ?? []).map((text) => `contains ${quote(text)}`),
      notContains: (body?.notContains ?? []).map((text) => `notContains ${quote(text)}`),
      matches: (body?.matches ?? []).map((pattern) => `matches ${quote(pattern)}`),
      bytes: bytes === undefined ? 'bytes' : `bytes ${bytes.from}..${bytes.to}`,
      // Its value may be a secret.
      headers: headers.map(([name]) => `header ${name}`),
    },
  };
}

function quote(text: string): string {
  const shown = [...text];
  return JSON.stringify(
    shown.length <= NAMED_CHARS ? text : `${shown.slice(0, NAMED_CHARS - 3).join('')}...`,
  );
}
