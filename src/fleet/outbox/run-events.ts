import type { FleetEvent } from '../messages.ts';
import { SUBJECTS } from '../protocol.ts';
import type { Publish } from './publish.ts';

/** What an operator is told of a run, each until the server has stored it. */
export class RunEvents {
  readonly #probe: string;
  readonly #waiting = new Map<string, FleetEvent>();
  readonly #told = new Set<FleetEvent['kind']>();

  constructor(probe: string) {
    this.#probe = probe;
  }

  /** Whether the operator was told that of it, or will be. */
  has(kind: FleetEvent['kind']): boolean {
    return this.#told.has(kind);
  }

  /** Whether the server has all of them. */
  get areStored(): boolean {
    return this.#waiting.size === 0;
  }

  /** Of one kind there is one. */
  idOf({ fleetRun, kind }: FleetEvent): string {
    return `${this.#probe}.${fleetRun}.${kind}`;
  }

  add(id: string, event: FleetEvent): void {
    this.#waiting.set(id, event);
    this.#told.add(event.kind);
  }

  noteStored(id: string): void {
    this.#waiting.delete(id);
  }

  /** Sends those that are not stored. @param stored is told of each that is */
  async send(publish: Publish, stored: (id: string) => Promise<void>): Promise<void> {
    for (const [id, event] of this.#waiting) {
      await publish(SUBJECTS.event(this.#probe, event.fleetRun), id, Buffer.from(JSON.stringify(event)));
      this.#waiting.delete(id);
      await stored(id);
    }
  }
}
