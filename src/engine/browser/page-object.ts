/** A resource that a page needs. */
export interface PageObject {
  /** 0: the document. */
  readonly index: number;
  readonly nonce: number;
  readonly wantedAtUs: number;
  /** It has been challenged: credentials go with the first request, on whichever connection it is sent. */
  mustAuthorise: boolean;
  /**
   * The far end closed after its challenge: it goes out on a connection opened for it, as long as the limit allows.
   */
  isAlone: boolean;
  /** It was sent with credentials. */
  isAuthorised: boolean;
  /** Since when it has waited for permission to open a connection, or for credentials; -1 if it has not. */
  blockedAtUs: number;
  /** Its connection could not be opened, and this has been counted. */
  isGivenUp: boolean;
  /** How often a far end that speaks HTTP/2 has refused to begin with it. */
  refusals: number;
}

/** A page being loaded. */
export interface Page {
  readonly dueUs: number;
  /** Objects still to be completed. */
  left: number;
  isWhole: boolean;
  /** Its document could not be got, for a reason that may pass. */
  isErrorPage: boolean;
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
    refusals: 0,
  };
}

/** Since when it has waited, if it still has to. */
export function blockedSince({ blockedAtUs }: PageObject, nowUs: number): number {
  return blockedAtUs < 0 ? nowUs : blockedAtUs;
}
