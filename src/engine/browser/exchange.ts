import type { Dispatcher } from 'undici';
import type { Clock } from '../../net/ticker.ts';
import { LEAST_STATUS, nameError } from '../http/error-name.ts';
import type { AttemptRecord } from '../types.ts';

/** The response to one request, as reported by undici. The callbacks only record: undici swallows what they throw. */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #clock: Clock;
  readonly #complete: () => void;
  readonly #isEnough: (status: number, headers: Exchange['headers']) => boolean;
  /** When the request was written; -1 if it was not, because the connection turned out to be closed. */
  sentAtUs = -1;
  /** When the head of the final response was received; -1 if nothing was. */
  firstByteAtUs = -1;
  completedAtUs = -1;
  status = 0;
  headers: Readonly<Record<string, string | string[] | undefined>> = {};
  /** The body was not read to its end: the connection cannot be reused. */
  isCutShort = false;

  /**
   * @param complete called in a separate turn once the response is complete
   * @param isEnough whether, judging by the head, the body need not be read
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

  /** The body is counted, but not read. */
  onResponseData(): void {}

  onResponseEnd(): void {
    if (this.completedAtUs >= 0) return;
    this.completedAtUs = this.#clock();
    // By then undici has closed a non-persistent connection.
    setImmediate(this.#complete);
  }

  /** The socket's own events carry more detail. */
  onResponseError(): void {}

  /** Writes a complete response, other than a challenge, into the record of its connection. */
  record(record: AttemptRecord, isExpected: (status: number) => boolean): void {
    // An unexpected status applies to the whole connection, whatever other responses it carried.
    if (record.status === 0 || isExpected(record.status)) record.status = this.status;
    if (record.respondedAtUs >= 0) return;
    record.firstByteAtUs = this.firstByteAtUs;
    record.respondedAtUs = this.completedAtUs;
  }
}

/** The name that a proxy gives to the error in its response, see http/error-name.ts; empty if it gives none. */
export function errorNameOf({ status, headers }: Pick<Exchange, 'status' | 'headers'>): string {
  if (status < LEAST_STATUS) return '';
  return nameError((name) => [headers[name] ?? []].flat());
}
