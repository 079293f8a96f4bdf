import type { EndCause } from '../../outcome/classify.ts';
import { readChallenge } from '../http/challenge.ts';
import { KeptHeads } from '../http/kept-heads.ts';
import { stampRequest } from '../http/stamp-request.ts';
import type { EngineAuth } from '../types.ts';

/** There is one head to keep: every attempt has its own. */
const ONLY = 0;

/** What a challenge leads to: the request goes out again, or the attempt is over. */
export type NextStep = 'authorise' | Extract<EndCause, 'challenged' | 'denied' | 'not-offered' | 'parse'>;

/** Where one connection stands with who asks for credentials. */
export class Credentials {
  readonly #auth: EngineAuth;
  readonly #heads = new KeptHeads();
  #isSent = false;
  #isAnswering = false;

  constructor(auth: EngineAuth) {
    this.#auth = auth;
  }

  /** Credentials went out in answer to a challenge on this connection. */
  get isAnswering(): boolean {
    return this.#isAnswering;
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
   * Judges a complete response that asks for credentials.
   * @param isLast nothing can follow on this connection: it is closed, or the first request is not all sent
   * @param hasExcess bytes came after the response, which nobody had asked for (RFC 9112 section 6.3)
   */
  judge(isLast: boolean, hasExcess: boolean): NextStep {
    if (this.#isSent && this.#auth.mode !== 'preemptive') return 'denied';
    const { isOffered, offersOthers, persists } = readChallenge(
      this.#heads.take(ONLY),
      this.#auth.status,
      this.#auth.scheme,
    );
    if (this.#isSent) return offersOthers ? 'not-offered' : 'denied';
    if (!isOffered) return 'not-offered';
    if (hasExcess) return 'parse';
    if (isLast || !persists) return 'challenged';
    this.#isAnswering = true;
    return 'authorise';
  }
}
