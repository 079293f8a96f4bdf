import { ACK, FIN, RST } from '../../net/wire/packet.ts';
import type { AttemptPhase, EndCause } from '../../outcome/classify.ts';
import type { Connections } from './connections.ts';
import type { ResendQueues } from './resend-queues.ts';
import type { Segments } from './segments.ts';
import { FIN_WAIT, KEPT, LAST_ACK, OWES_ACK, PEER_CLOSED, PROVING, SYN_SENT } from './slots.ts';

/** How often an unanswered FIN is sent again before the connection is reset. */
const MAX_FIN_RESENDS = 4;

/** Settles attempts, and closes their connections. */
export interface Settler {
  settle(slot: number, phase: AttemptPhase, cause: EndCause, errno: number): void;
}

/** Ends connections: by FIN, which is sent again until it is answered, or by RST. */
export class Closer {
  readonly #connections: Connections;
  readonly #segments: Segments;
  readonly #resends: ResendQueues;

  constructor(connections: Connections, segments: Segments, resends: ResendQueues) {
    this.#connections = connections;
    this.#segments = segments;
    this.#resends = resends;
  }

  /** Closes the connection of an attempt that has just settled, in the way that its arm and its end ask for. */
  close(slot: number, cause: EndCause, isLost: boolean): void {
    const { slots, active } = this.#connections;
    if (isLost || slots.phase[slot] === SYN_SENT) {
      this.forget(slot);
      return;
    }
    const { holdsTogether } = this.#connections.armOf(slot);
    if (holdsTogether === true && cause === 'none' && slots.phase[slot] === PROVING) {
      this.#keep(slot);
      return;
    }
    const index = slots.active[slot]!;
    const isUnacknowledged = active.acknowledged[index]! < active.sent[index]!;
    const { close } = this.#connections.armOf(slot);
    if (close === 'reset' || cause === 'stopped' || isUnacknowledged) {
      this.reset(slot);
      return;
    }
    this.#segments.write(slot, FIN | ACK, slots.sndNxt[slot]!, slots.rcvNxt[slot]!);
    slots.sndNxt[slot] = (slots.sndNxt[slot]! + 1) | 0;
    const flags = slots.flags[slot]!;
    slots.flags[slot] = flags & ~OWES_ACK;
    slots.phase[slot] = (flags & PEER_CLOSED) === 0 ? FIN_WAIT : LAST_ACK;
    active.resends[index] = 0;
    this.#awaitAnswer(slot, index);
    this.#connections.deadlines.linger(slot, this.#connections.nowUs);
  }

  /** Something has come on a connection that is being closed. */
  receive(slot: number, ack: number, isPeerClosed: boolean): void {
    const { slots, active } = this.#connections;
    if (slots.phase[slot] === KEPT) {
      if (isPeerClosed) this.reset(slot);
      return;
    }
    const isAcknowledged = ack === slots.sndNxt[slot];
    if (isAcknowledged) active.resendAtUs[slots.active[slot]!] = Number.POSITIVE_INFINITY;
    if (isPeerClosed && slots.phase[slot] === FIN_WAIT) {
      this.#segments.write(slot, ACK, slots.sndNxt[slot]!, slots.rcvNxt[slot]!);
      slots.phase[slot] = LAST_ACK;
    }
    // Both ends are closed. If the last ACK was lost, the far end's FIN comes again and is answered without a slot.
    if (isAcknowledged && slots.phase[slot] === LAST_ACK) this.forget(slot);
  }

  /** Sends the FIN again, or gives up. */
  resend(slot: number): void {
    const { slots, active } = this.#connections;
    const index = slots.active[slot]!;
    if (active.resends[index]! >= MAX_FIN_RESENDS) {
      this.reset(slot);
      return;
    }
    active.resends[index] = active.resends[index]! + 1;
    this.#segments.write(slot, FIN | ACK, (slots.sndNxt[slot]! - 1) | 0, slots.rcvNxt[slot]!);
    this.#awaitAnswer(slot, index);
  }

  /**
   * Sends an RST and forgets the connection. The far end heeds only one that has exactly the sequence number that it
   * expects (RFC 5961 section 3.2): where something is not acknowledged, it may be that of either end of this.
   */
  reset(slot: number): void {
    const { slots, active } = this.#connections;
    const next = slots.sndNxt[slot]!;
    const expected = slots.rcvNxt[slot]!;
    const index = slots.active[slot]!;
    if (index >= 0 && active.resendAtUs[index] !== Number.POSITIVE_INFINITY) {
      const isFin = slots.phase[slot]! >= FIN_WAIT;
      const first = isFin ? next - 1 : active.requestSeq[index]! + active.acknowledged[index]!;
      this.#segments.write(slot, RST | ACK, first | 0, expected);
    }
    this.#segments.write(slot, RST | ACK, next, expected);
    this.forget(slot);
  }

  /** Forgets a connection without a word. */
  forget(slot: number): void {
    this.#connections.free(slot);
  }

  /** The same for one whose port was never taken. */
  forgetUnsent(slot: number): void {
    this.#connections.freeUnsent(slot);
  }

  /** Leaves the connection as it is, with as little memory as a held one. */
  #keep(slot: number): void {
    this.#connections.deactivate(slot);
    this.#connections.slots.phase[slot] = KEPT;
  }

  #awaitAnswer(slot: number, index: number): void {
    const { active, nowUs } = this.#connections;
    const { rtoUs } = this.#segments.clientOf(slot);
    active.resendAtUs[index] = this.#resends.add(slot, rtoUs * (1 << active.resends[index]!), nowUs);
  }
}
