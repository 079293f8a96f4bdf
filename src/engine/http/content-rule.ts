import type { ContentExpectation } from '../../outcome/expectation.ts';

/** The conditions on a response, compiled for matching. */
export interface ContentRule {
  readonly contains: readonly Uint8Array[];
  readonly notContains: readonly Uint8Array[];
  readonly matches: readonly RegExp[];
  /** Length of the body in bytes, inclusive. */
  readonly minBytes: number;
  readonly maxBytes: number;
  /** Names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /**
   * The name reported for each condition that is not met, as written in a scenario; for headers, the field name only.
   */
  readonly names: {
    readonly contains: readonly string[];
    readonly notContains: readonly string[];
    readonly matches: readonly string[];
    readonly bytes: string;
    readonly headers: readonly string[];
  };
}

/** How many characters of a text or pattern its name shows. */
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
      // The value may be a secret.
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
