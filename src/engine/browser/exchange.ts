import type { Dispatcher } from 'undici';
import type { Clock } from '../types.ts';

/** The response to one request, as undici tells of it. Its callbacks only take notes: undici swallows what they throw. */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #clock: Clock;
  readonly #complete: () => void;
  /** When the request was written; -1: it was not, as the connection turned out to be closed. */
  sentAtUs = -1;
  /** When the head of the final response had come; -1: nothing has. */
  firstByteAtUs = -1;
  completedAtUs = -1;
  status = 0;
  headers: Readonly<Record<string, string | string[] | undefined>> = {};

  /** @param complete called in a turn of its own once the response is complete */
  constructor(clock: Clock, complete: () => void) {
    this.#clock = clock;
    this.#complete = complete;
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
  }

  /** The body counts, but nobody reads it. */
  onResponseData(): void {}

  onResponseEnd(): void {
    this.completedAtUs = this.#clock();
    // By then undici has closed a connection that does not persist.
    setImmediate(this.#complete);
  }

  /** The socket's own events tell more. */
  onResponseError(): void {}
}
