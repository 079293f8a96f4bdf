import type { EngineArm } from '../types.ts';
import type { ActiveTable } from './active-table.ts';
import { Deadlines } from './deadlines.ts';
import { NONE, type Slots } from './slots.ts';

/** Deadlines of an arm's active connections: one list each, because each is a constant time ahead. */
export const HANDSHAKE_DEADLINE = 0;
export const RESPONSE_DEADLINE = 1;
const ACTIVE_DEADLINES = 2;

/** How long a connection may take to close once its attempt has settled, before it is reset. */
const LINGER_US = 10_000_000;

/** The deadline of each connection, by its slot; it has one at most. Very many are held, and few are active. */
export class ConnectionDeadlines {
  readonly #arms: readonly EngineArm[];
  readonly #slots: Slots;
  readonly #active: ActiveTable;
  /** Of active connections, by index in the active table: those of each arm; last, that of connections that are being closed. */
  readonly #ofActive: Deadlines;
  readonly #lingerList: number;
  /** Of held connections, by slot; undefined if each arm that holds any lets all of them go together. */
  readonly #ofHeld: Deadlines | undefined;
  /** First list of each arm among those of held connections. */
  readonly #heldLists: readonly number[];

  /** @param agesUs of each arm, the ages that its held connections reach */
  constructor(
    arms: readonly EngineArm[],
    agesUs: readonly (readonly number[])[],
    slots: Slots,
    active: ActiveTable,
    capacity: number,
  ) {
    this.#arms = arms;
    this.#slots = slots;
    this.#active = active;
    const durations = arms.flatMap(({ handshakeTimeoutUs, responseTimeoutUs }) => [
      handshakeTimeoutUs,
      responseTimeoutUs,
    ]);
    this.#lingerList = durations.length;
    this.#ofActive = new Deadlines(capacity, [...durations, LINGER_US]);
    const held: number[] = [];
    this.#heldLists = arms.map(({ holdsTogether, holdUs }, index) => {
      const first = held.length;
      if (holdUs > 0 && holdsTogether !== true) held.push(...agesUs[index]!);
      return first;
    });
    this.#ofHeld = held.length === 0 ? undefined : new Deadlines(capacity, held);
  }

  /** Sets the deadline of an active connection. @param deadline {@link HANDSHAKE_DEADLINE} or {@link RESPONSE_DEADLINE} */
  set(slot: number, deadline: number, nowUs: number): void {
    const list = ACTIVE_DEADLINES * this.#slots.arm[slot]! + deadline;
    this.#ofActive.set(this.#slots.active[slot]!, list, nowUs);
  }

  /** Sets that of a connection to be held. @param age which of its arm's ages, from 0 */
  hold(slot: number, age: number, nowUs: number): void {
    this.clear(slot);
    const arm = this.#slots.arm[slot]!;
    if (this.#arms[arm]!.holdsTogether === true) return;
    this.#ofHeld?.set(slot, this.#heldLists[arm]! + age, nowUs);
  }

  /** Sets that of a connection that is being closed. */
  linger(slot: number, nowUs: number): void {
    this.#ofActive.set(this.#slots.active[slot]!, this.#lingerList, nowUs);
  }

  clear(slot: number): void {
    this.clearActive(slot);
    this.#ofHeld?.clear(slot);
  }

  /** Of a connection that will be active no more: what it has as a held one stays. */
  clearActive(slot: number): void {
    const index = this.#slots.active[slot]!;
    if (index !== NONE) this.#ofActive.clear(index);
  }

  /** Clears a deadline that has passed. @returns its slot; -1 if there are no more */
  takeExpired(nowUs: number): number {
    const index = this.#ofActive.takeExpired(nowUs);
    if (index >= 0) return this.#active.slot[index]!;
    return this.#ofHeld?.takeExpired(nowUs) ?? -1;
  }

  /** How long from a moment until the earliest of all; infinite if none is set, 0 or less if it has passed. */
  soonestInUs(nowUs: number): number {
    const heldUs = this.#ofHeld?.soonestInUs(nowUs) ?? Number.POSITIVE_INFINITY;
    return Math.min(heldUs, this.#ofActive.soonestInUs(nowUs));
  }

  /** The connection that has been closing for longest; -1 if none is. */
  oldestLingering(): number {
    const index = this.#ofActive.oldest(this.#lingerList);
    return index < 0 ? -1 : this.#active.slot[index]!;
  }
}
