import type { EndCause } from '../../outcome/classify.ts';
import { type Challenge, readChallenge, readPersistence } from '../http/challenge.ts';
import { KeptHeads } from '../http/kept-heads.ts';
import { stampRequest } from '../http/stamp-request.ts';
import type { EngineAuth } from '../types.ts';

/** There is one head to keep: every attempt has its own. */
const ONLY = 0;

/** What a challenge leads to: the request goes out again, or the attempt is over. */
export type NextStep = 'authorise' | Extract<EndCause, 'challenged' | 'denied' | 'not-offered'>;

/** Where one connection stands with who asks for credentials. */
export class Credentials {
  readonly #auth: EngineAuth;
  readonly #heads = new KeptHeads();
  #isSent = false;
  #isAnswering = false;
  #schemesOffered = '';

  constructor(auth: EngineAuth) {
    this.#auth = auth;
  }

  /** Credentials went out in answer to a challenge on this connection. */
  get isAnswering(): boolean {
    return this.#isAnswering;
  }

  /** What the last challenge read offers in place of the arm's scheme, see {@link Challenge}. */
  get schemesOffered(): string {
    return this.#schemesOffered;
  }

  /** They went out on this connection, asked for or not. */
  get isSent(): boolean {
    return this.#isSent;
  }

  asks(status: number): boolean {
    return status === this.#auth.status;
  }

  /** The request with credentials in it; undefined where none are at hand. */
  stamp(attempt: number): Uint8Array | undefined {
    const value = this.#auth.credentials(attempt);
    if (value === undefined) return undefined;
    this.#isSent = true;
    return stampRequest(this.#auth.request, attempt, value);
  }

  /**
   * Keeps what has been read of a head that may turn out to ask. Where credentials went at once, only a refusal is of
   * interest, which may tell that the far end wants another scheme.
   * @param status as read so far; 0: not yet
   */
  heed(bytes: Uint8Array, headEnd: number, status: number): void {
    const mayRefuse = this.#auth.mode === 'preemptive' && (status === 0 || this.asks(status));
    if (!this.#isSent || mayRefuse) this.#heads.keep(ONLY, bytes, 0, headEnd);
  }

  /**
   * Judges the head of a response that asks for credentials, whose body is still to come. What the body says is of no use:
   * it is read to its end only where the connection is of use after it.
   * @param isEndless only the far end's close would end the body
   * @returns undefined where the body is to be read
   */
  judgeHead(isEndless: boolean): Exclude<NextStep, 'authorise'> | undefined {
    if (this.#isSent) return isEndless ? this.#judgeRefusal() : undefined;
    const { isOffered, persists } = this.#readChallenge();
    if (!isOffered) return 'not-offered';
    return isEndless || !persists ? 'challenged' : undefined;
  }

  /**
   * Judges a complete response that asks for credentials.
   * @param isLast nothing can follow on this connection: it is closed, the first request is not all sent, or bytes came
   *   after the response, which nobody had asked for (RFC 9112 section 6.3)
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
   * Whether a complete response leaves a connection open that nobody means to close: the request could have been asked for
   * credentials and so did not say that it is the last one, it was not, and the response does not say so either.
   */
  leavesOpen(): boolean {
    return !this.#isSent && readPersistence(this.#heads.of(ONLY));
  }

  /** Credentials that went at once may have been refused by who takes other schemes alone. */
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
