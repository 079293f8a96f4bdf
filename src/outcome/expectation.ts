/** What a response must contain besides its status. All conditions present must hold. */
export interface ContentExpectation {
  readonly body?: {
    /** The body contains each of these. */
    readonly contains: readonly string[];
    /** Each of these regular expressions matches the body's beginning. */
    readonly matches: readonly string[];
    /** The body contains none of these. */
    readonly notContains: readonly string[];
  };
  /** Length of the body, inclusive. */
  readonly bytes?: { readonly from: number; readonly to: number };
  /** Name in lower case, and its whole value. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

/** What an arm expects. An empty list of statuses accepts any. */
export type Expectation =
  | {
      readonly kind: 'status';
      readonly statuses: readonly number[];
      readonly content?: ContentExpectation;
    }
  | { readonly kind: 'established' }
  | { readonly kind: 'refused' };

/** Every successful status (RFC 9110 section 15.3): also those that nobody has defined yet. */
export const SUCCESSFUL: readonly number[] = Object.freeze(
  Array.from({ length: 100 }, (_, index) => 200 + index),
);
