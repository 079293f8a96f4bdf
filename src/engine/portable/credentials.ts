import type { EndCause } from '../../outcome/classify.ts';
import { type Challenge, readChallenge, readPersistence } from '../http/challenge.ts';
import { KeptHeads } from '../http/kept-heads.ts';
import { stampRequest } from '../http/stamp-request.ts';
import type { EngineAuth } from '../types.ts';

/** One head to keep: each attempt has its own store. */
const ONLY = 0;

/** The next step after a challenge: send the request again, or end the attempt. */
export type NextStep = 'authorise' | Extract<EndCause, 'challenged' | 'denied' | 'not-offered'>;

/** The authentication state of one connection. */
export class Credentials {
  readonly #auth: EngineAuth;
  readonly #heads = new KeptHeads();
  #isSent = false;
  #isAnswering = false;
  #schemesOffered = '';

  constructor(auth: EngineAuth) {
    this.#auth = auth;
  }

  /** Credentials were sent in answer to a challenge on this connection. */
  get isAnswering(): boolean {
    return this.#isAnswering;
  }

  /** What the last challenge offers instead of the arm's scheme, see {@link Challenge}. */
  get schemesOffered(): string {
    return this.#schemesOffered;
  }

  /** Credentials were sent on this connection, requested or not. */
  get isSent(): boolean {
    return this.#isSent;
  }

  asks(status: number): boolean {
    return status === this.#auth.status;
  }

  /** The request with credentials inserted; undefined if none are available. */
  stamp(attempt: number): Uint8Array | undefined {
    const value = this.#auth.credentials(attempt);
    if (value === undefined) return undefined;
    this.#isSent = true;
    return stampRequest(this.#auth.request, attempt, value);
  }

  /**
   * Keeps the bytes of a head that may turn out to be a challenge. If credentials were sent preemptively, only a
   * refusal matters, which may show that the far end wants another scheme.
   * @param status as read so far; 0 if not yet known
   */
  takeHead(bytes: Uint8Array, headEnd: number, status: number): void {
    const mayRefuse = this.#auth.mode === 'preemptive' && (status === 0 || this.asks(status));
    if (!this.#isSent || mayRefuse) this.#heads.keep(ONLY, bytes, 0, headEnd);
  }

  /**
   * Evaluates the head of a response that asks for credentials, before its body arrives. The body has no useful
   * content: it is read to its end only if the connection can be used afterwards.
   * @param isEndless only the far end's close would end the body
   * @returns undefined if the body is to be read
   */
  judgeHead(isEndless: boolean): Exclude<NextStep, 'authorise'> | undefined {
    if (this.#isSent) return isEndless ? this.#judgeRefusal() : undefined;
    const { isOffered, persists } = this.#readChallenge();
    if (!isOffered) return 'not-offered';
    return isEndless || !persists ? 'challenged' : undefined;
  }

  /**
   * Evaluates a complete response that asks for credentials.
   * @param isLast nothing can follow on this connection: it is closed, the first request is not all sent, or bytes
   *   arrived
   *   after the response without a request (RFC 9112 section 6.3)
   */
  judge(isLast: boolean): NextStep {
    if (this.#isSent) return this.#judgeRefusal();
    const { isOffered, persists } = this.#readChallenge();
    if (!isOffered) return 'not-offered';
    if (isLast || !persists) return 'challenged';
    this.#heads.forget(ONLY);
    this.#isAnswering = true;
    return 'authorise';
  }

  /**
   * Whether a complete response leaves a connection open that neither side intends to close: the request could have
   * been challenged, so it did not announce itself as the last one; it was not challenged, and the response does not
   * announce a close either.
   */
  leavesOpen(): boolean {
    return !this.#isSent && readPersistence(this.#heads.of(ONLY));
  }

  /** Credentials sent preemptively may have been refused by a far end that accepts only other schemes. */
  #judgeRefusal(): 'denied' | 'not-offered' {
    if (this.#auth.mode !== 'preemptive') return 'denied';
    return this.#readChallenge().offersOthers ? 'not-offered' : 'denied';
  }

  #readChallenge(): Challenge {
    const challenge = readChallenge(this.#heads.of(ONLY), this.#auth.status, this.#auth.scheme);
    this.#schemesOffered = challenge.schemes;
    return challenge;
  }
}
