import type { SoakEvent } from '../store/soak-event.ts';
import type { RunHandle, RunListener, RunOptions } from './types.ts';

export interface SoakOptions extends RunOptions {
  /** How long the night lasts, from its start, pauses included. Microseconds. */
  readonly forUs: number;
  /** Seconds that are rolled up into one window. */
  readonly windowSec: number;
  /** Go on with a night of the same scenario that was cut short, if there is one whose end is ahead. */
  readonly resume: boolean;
}

export interface SoakListener extends RunListener {
  /** Something happened besides the load, or came to its end. */
  event?(event: SoakEvent): void;
  /** Called once a second while load flows, and at each try to set it up again: a night that is silent hangs. */
  alive?(): void;
}

export interface SoakHandle extends RunHandle {
  /** Notes that a sink takes nothing any more. @returns what notes that it does again */
  sinkAway(text: string): () => void;
}
