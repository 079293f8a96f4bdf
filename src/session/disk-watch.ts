import type { EventLog } from './event-log.ts';

/** Notes that the disk takes nothing, and that it does again: from one second's writing to the next. */
export class DiskWatch {
  readonly #events: Pick<EventLog, 'add' | 'end'>;
  #failures = 0;
  #lasting: number | undefined;

  constructor(events: Pick<EventLog, 'add' | 'end'>) {
    this.#events = events;
  }

  /** @param failures how often something could not be written at once, so far; `second` was tried just now */
  check(second: number, failures: number): void {
    const isWritten = failures === this.#failures;
    this.#failures = failures;
    if (isWritten) {
      if (this.#lasting !== undefined) this.#events.end(this.#lasting, second);
      this.#lasting = undefined;
    } else {
      this.#lasting ??= this.#events.add({
        ...{ kind: 'disk-full', fromSec: second, toSec: null, setsAside: false },
        text: 'the results cannot be written, as on a full disk: what is measured waits in memory, and load goes on',
      });
    }
  }
}
