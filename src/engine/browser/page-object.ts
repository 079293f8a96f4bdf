/** Something that a page wants. */
export interface PageObject {
  /** 0: the document. */
  readonly index: number;
  readonly nonce: number;
  readonly wantedAtUs: number;
  /** It has been asked for credentials: they go at once, on whichever connection it is sent. */
  mustAuthorise: boolean;
  /** The far end closed after asking: it goes out on a connection opened for it, as long as there is room for one. */
  isAlone: boolean;
  /** Credentials went out with it. */
  isAuthorised: boolean;
  /** Since when it has waited for leave to open a connection, or for credentials; -1: it has not. */
  blockedAtUs: number;
  /** A connection that was due for it could not be opened, which has been counted. */
  isGivenUp: boolean;
}

/** A page being loaded. */
export interface Page {
  readonly dueUs: number;
  /** Objects that are not over. */
  left: number;
  isWhole: boolean;
}

export function createObject(index: number, nonce: number, wantedAtUs: number): PageObject {
  return {
    index,
    nonce,
    wantedAtUs,
    mustAuthorise: false,
    isAlone: false,
    isAuthorised: false,
    blockedAtUs: -1,
    isGivenUp: false,
  };
}
