import { ACK } from '../../net/wire/packet.ts';
import { LEAST_PROOF_AGE_US, PROBES } from '../holding.ts';
import type { Connections } from './connections.ts';
import type { ResendQueues } from './resend-queues.ts';
import type { Segments } from './segments.ts';
import { PROVING } from './slots.ts';

/** Like the kernel's keep-alives for the raw engine (TCP_KEEPINTVL 1). */
const PROBE_EVERY_US = 1_000_000;

/** Checks by keep-alives whether held connections are still alive: a segment of the last byte, which must be answered. */
export class Proofs {
  readonly #connections: Connections;
  readonly #segments: Segments;
  readonly #resends: ResendQueues;

  constructor(connections: Connections, segments: Segments, resends: ResendQueues) {
    this.#connections = connections;
    this.#segments = segments;
    this.#resends = resends;
  }

  /** @returns false if a connection of that age is not checked */
  begin(slot: number, ageUs: number): boolean {
    if (ageUs < LEAST_PROOF_AGE_US) return false;
    const { slots, active } = this.#connections;
    const index = this.#connections.unshelve(slot);
    slots.phase[slot] = PROVING;
    // Of one that was released: its answer is waited for, whatever age it would have reached meanwhile.
    this.#connections.deadlines.clear(slot);
    active.provedAtUs[index] = this.#connections.nowUs;
    active.proofAgeUs[index] = ageUs;
    active.resends[index] = 0;
    this.#probe(slot, index);
    return true;
  }

  /** @returns false if none of the probes was answered */
  again(slot: number): boolean {
    const { slots, active } = this.#connections;
    const index = slots.active[slot]!;
    if (active.resends[index]! >= PROBES - 1) return false;
    active.resends[index] = active.resends[index]! + 1;
    this.#probe(slot, index);
    return true;
  }

  #probe(slot: number, index: number): void {
    const { slots, active, nowUs } = this.#connections;
    this.#segments.write(slot, ACK, (slots.sndNxt[slot]! - 1) | 0, slots.rcvNxt[slot]!);
    active.resendAtUs[index] = this.#resends.add(slot, PROBE_EVERY_US, nowUs);
  }
}
