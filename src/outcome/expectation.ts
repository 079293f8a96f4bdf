/** What a response must hold besides its status. Every part that is there must be so. */
export interface ContentExpectation {
  readonly body?: {
    /** Each is in the body. */
    readonly contains: readonly string[];
    /** Each of these regular expressions matches the body's beginning. */
    readonly matches: readonly string[];
    /** None is in the body. */
    readonly notContains: readonly string[];
  };
  /** Length of the body, both ends included. */
  readonly bytes?: { readonly from: number; readonly to: number };
  /** Name in lower case, and its whole value. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

/** What an arm wants to see. An empty list of statuses takes any. */
export type Expectation =
  | {
      readonly kind: 'status';
      readonly statuses: readonly number[];
      readonly content?: ContentExpectation;
    }
  | { readonly kind: 'established' }
  | { readonly kind: 'refused' };
