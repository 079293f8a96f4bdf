import { join } from 'node:path';
import { SESSION_FILES } from './files.ts';
import { parseLine } from './read-lines.ts';
import type { SessionEvent } from './session-events.ts';
import { isEventLine } from './session-events.ts';
import { TailFile } from './tail-file.ts';

/** Bounds memory if a link flaps all night: beyond this, the events that ended first are forgotten. */
const KEPT = 200;

/** Follows what happens to a soak, reading only what was appended since. Any other run has no events. */
export class EventTail {
  readonly #file: TailFile;
  readonly #events = new Map<number, SessionEvent>();

  /** @param dir of the run */
  constructor(dir: string) {
    this.#file = new TailFile(join(dir, SESSION_FILES.events));
  }

  /** What lasts and then what was over last, so many at most, in the order of their beginnings. One call at a time. */
  async read(most: number): Promise<SessionEvent[]> {
    await this.#file.read(
      (line) => this.#take(line),
      () => this.#events.clear(),
    );
    const byUrgency = [...this.#events.values()].sort(
      (a, b) => Number(a.toSec !== null) - Number(b.toSec !== null) || b.id - a.id,
    );
    return byUrgency.slice(0, most).sort((a, b) => a.id - b.id);
  }

  #take(line: string): void {
    const event = parseLine(line, isEventLine);
    if (event === undefined) return;
    this.#events.set(event.id, event);
    if (this.#events.size > KEPT) this.#forgetOldest();
  }

  #forgetOldest(): void {
    for (const { id, toSec } of this.#events.values()) {
      if (toSec === null) continue;
      this.#events.delete(id);
      return;
    }
  }
}
