import type { Dispatcher } from 'undici';
import type { Clock } from '../../net/ticker.ts';

/** The response to one request, as undici tells of it. Its callbacks only take notes: undici swallows what they throw. */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #clock: Clock;
  readonly #complete: () => void;
  readonly #isEnough: (status: number, headers: Exchange['headers']) => boolean;
  /** When the request was written; -1: it was not, as the connection turned out to be closed. */
  sentAtUs = -1;
  /** When the head of the final response had come; -1: nothing has. */
  firstByteAtUs = -1;
  completedAtUs = -1;
  status = 0;
  headers: Readonly<Record<string, string | string[] | undefined>> = {};
  /** The body was not waited for: the connection is of no more use. */
  isCutShort = false;

  /**
   * @param complete called in a turn of its own once the response is complete
   * @param isEnough whether a head says that its body is not worth waiting for
   */
  constructor(
    clock: Clock,
    complete: () => void,
    isEnough: (status: number, headers: Exchange['headers']) => boolean,
  ) {
    this.#clock = clock;
    this.#complete = complete;
    this.#isEnough = isEnough;
  }

  onRequestStart(): void {
    this.sentAtUs = this.#clock();
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    // Interim responses come before it (RFC 9110 section 15.2).
    if (status < 200) return;
    this.firstByteAtUs = this.#clock();
    this.status = status;
    this.headers = headers;
    if (!this.#isEnough(status, headers)) return;
    this.isCutShort = true;
    this.onResponseEnd();
  }

  /** The body counts, but nobody reads it. */
  onResponseData(): void {}

  onResponseEnd(): void {
    if (this.completedAtUs >= 0) return;
    this.completedAtUs = this.#clock();
    // By then undici has closed a connection that does not persist.
    setImmediate(this.#complete);
  }

  /** The socket's own events tell more. */
  onResponseError(): void {}
}
