import { Refusal } from './refusal.ts';

/** Does one thing after the other; what would wait behind too many is refused. */
export class WorkQueue {
  readonly #maxWaiting: number;
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(maxWaiting: number) {
    this.#maxWaiting = maxWaiting;
  }

  /** @throws Refusal where too many wait already */
  async add<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#waiting >= this.#maxWaiting) {
      throw new Refusal(503, 'too much is asked for at once', 'wait a moment, then load this page again', {
        'Retry-After': '5',
      });
    }
    this.#waiting += 1;
    const result = this.#last.then(work);
    this.#last = result.then(
      () => undefined,
      () => undefined,
    );
    try {
      return await result;
    } finally {
      this.#waiting -= 1;
    }
  }
}
