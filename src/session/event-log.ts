import type { SessionEvent } from '../store/session-events.ts';
import { isTouched } from '../store/session-events.ts';
import type { SessionWriter } from '../store/session-writer.ts';

/** In whole seconds of the session's clock. */
export type Noted = Omit<SessionEvent, 'id' | 'at'>;

/** The events of a run or soak: written to disk, reported, and kept in memory while they decide which seconds count. */
export class EventLog {
  readonly #writer: SessionWriter;
  readonly #tell: (event: SessionEvent) => void;
  readonly #lasting = new Map<number, SessionEvent>();
  readonly #aside = new Map<number, SessionEvent>();
  readonly #kinds: Pick<SessionEvent, 'kind'>[] = [];

  /** @param before events recorded by earlier processes */
  constructor(
    writer: SessionWriter,
    tell: (event: SessionEvent) => void,
    before: readonly SessionEvent[] = [],
  ) {
    this.#writer = writer;
    this.#tell = tell;
    for (const event of before) this.#remember(event);
  }

  /** @returns its id, for {@link EventLog.end} */
  add({ kind, fromSec, toSec, setsAside, text }: Noted): number {
    const at = new Date().toISOString();
    const event = this.#writer.event({ kind, at, fromSec, toSec, setsAside, text });
    this.#remember(event);
    this.#tell(event);
    return event.id;
  }

  /** @param toSec exclusive */
  end(id: number, toSec: number): void {
    const event = this.#lasting.get(id);
    if (event === undefined) return;
    const ended = { ...event, at: new Date().toISOString(), toSec };
    this.#lasting.delete(id);
    if (event.setsAside) this.#aside.set(id, ended);
    this.#writer.endEvent(id, ended.at, toSec);
    this.#tell(ended);
  }

  /** Ends the events that still last at the end of the session. */
  endAll(toSec: number): void {
    for (const id of [...this.#lasting.keys()]) this.end(id, toSec);
  }

  /** Whether, as far as is known, the counts of a second say nothing about the firewall. */
  isAside(second: number): boolean {
    return isTouched(second, this.#aside.values(), this.#writer.settleSec);
  }

  /** The kinds of all events so far, in order. */
  get kinds(): readonly Pick<SessionEvent, 'kind'>[] {
    return this.#kinds;
  }

  #remember(event: SessionEvent): void {
    this.#kinds.push({ kind: event.kind });
    if (event.setsAside) this.#aside.set(event.id, event);
    if (event.toSec === null) this.#lasting.set(event.id, event);
  }
}
