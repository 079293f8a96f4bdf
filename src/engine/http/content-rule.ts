import type { ContentExpectation } from '../../outcome/expectation.ts';

/** What a response must hold, ready to be looked for. */
export interface ContentRule {
  readonly contains: readonly Buffer[];
  readonly notContains: readonly Buffer[];
  readonly matches: readonly RegExp[];
  /** Length of the body in bytes, both ends included. */
  readonly minBytes: number;
  readonly maxBytes: number;
  /** Names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

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
  };
}
