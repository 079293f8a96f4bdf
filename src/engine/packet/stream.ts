import { constants } from 'node:os';
import { ACK, FIN, PSH, RST, SYN } from '../../net/wire/packet.ts';
import { writeNonce } from '../http/nonce.ts';
import type { Closer } from './closer.ts';
import type { Connections } from './connections.ts';
import type { Inbound } from './inbound.ts';
import type { ResendQueues } from './resend-queues.ts';
import type { Segments } from './segments.ts';
import { KEPT, OWES_ACK, PEER_CLOSED, PROVING } from './slots.ts';

/** Segments of a request that may be under way at first (RFC 6928). */
const INITIAL_SEGMENTS = 10;

/** Retransmissions of a segment before the timeout of the response is left to decide. */
const MAX_RESENDS = 6;

/** What is done with what a connection brings. */
export interface StreamHandler {
  /** Response bytes, in order. @param isClosed the far end's FIN came with them */
  takeBytes(slot: number, bytes: Uint8Array, from: number, to: number, isClosed: boolean): void;
  /** The far end has closed. */
  takeEof(slot: number): void;
  /** The connection is gone. */
  lose(slot: number, errno: number): void;
  /** Something was acknowledged, or came: a connection that is being proved lives. */
  answered(slot: number): void;
}

/** The byte streams of established connections: in order, acknowledged, and sent again where that is needed. */
export class Stream {
  readonly #connections: Connections;
  readonly #segments: Segments;
  readonly #resends: ResendQueues;
  readonly #closer: Closer;
  readonly #handler: StreamHandler;
  /** Requests of their own, by index in the active table. */
  readonly #requests: (Uint8Array | undefined)[] = [];
  /** Requests without credentials, by arm: attempts differ in the nonce alone. */
  readonly #shared: readonly (Uint8Array | undefined)[];
  /** Counts the attempts that have ended: tells whether handling something ended the one at hand. */
  #ended = 0;
  /** Bytes that came since the last acknowledgement, by index in the active table. */
  readonly #unacknowledged: Int32Array;
  /** When acknowledgements that were put off are due. */
  readonly acks: ResendQueues;

  constructor(
    connections: Connections,
    segments: Segments,
    resends: ResendQueues,
    acks: ResendQueues,
    closer: Closer,
    handler: StreamHandler,
  ) {
    this.#connections = connections;
    this.#segments = segments;
    this.#resends = resends;
    this.acks = acks;
    this.#closer = closer;
    this.#handler = handler;
    this.#shared = connections.arms.map(({ request }) => request && Uint8Array.from(request.bytes));
    this.#unacknowledged = new Int32Array(connections.slots.capacity);
  }

  /**
   * Begins to send a request.
   * @param own its bytes; absent: those of the arm, with the attempt's number in their places
   */
  request(slot: number, own?: Uint8Array): void {
    const { slots, active } = this.#connections;
    const index = slots.active[slot]!;
    this.#requests[index] = own;
    active.requestSeq[index] = slots.sndNxt[slot]!;
    active.sent[index] = 0;
    active.acknowledged[index] = 0;
    if (active.requestRetransmits[index] === -1) active.requestRetransmits[index] = 0;
    this.#sendMore(slot, index);
  }

  /** To be called when an attempt has ended, whichever it was. */
  noteEnd(): void {
    this.#ended += 1;
  }

  /** Whether the whole of the current request has been handed to the device. */
  isSent(slot: number): boolean {
    const index = this.#connections.slots.active[slot]!;
    return this.#connections.active.sent[index] === this.#bytesOf(slot, index)?.length;
  }

  /** Acknowledges the SYN-ACK, or leaves that to the request, as the client does. */
  acknowledgeHandshake(slot: number): void {
    const hasRequest = this.#shared[this.#connections.slots.arm[slot]!] !== undefined;
    const { handshakeAck } = this.#segments.clientOf(slot);
    if (hasRequest && handshakeAck === 'with-request') this.#acknowledgeSoon(slot);
    else this.#acknowledge(slot);
  }

  /** Handles a segment of an established connection. */
  receive(slot: number, segment: Inbound): void {
    const { slots } = this.#connections;
    const { flags, seq } = segment;
    const expected = slots.rcvNxt[slot]!;
    const ahead = (seq - expected) | 0;
    if ((flags & RST) !== 0) {
      this.#takeReset(slot, ahead);
      return;
    }
    if ((flags & SYN) !== 0) {
      // Our acknowledgement of the SYN-ACK was lost.
      this.#acknowledge(slot);
      return;
    }
    if (segment.hasStamps && ahead <= 0) slots.peerStamp[slot] = segment.stamp;
    const isClosing = slots.phase[slot]! >= KEPT;
    if ((flags & ACK) !== 0 && !isClosing) this.#takeAck(slot, segment);
    if (slots.phase[slot] === PROVING && (flags & FIN) === 0) {
      this.#handler.answered(slot);
      if (slots.phase[slot] !== PROVING) return;
    }
    const length = segment.to - segment.from;
    if (length === 0 && (flags & FIN) === 0) {
      // A keep-alive: one byte back, nothing in it (RFC 9293 section 3.8.4).
      if (ahead === -1) this.#acknowledge(slot);
      else if (isClosing) this.#closer.receive(slot, segment.ack, false);
      return;
    }
    this.#takeData(slot, segment, ahead, length, isClosing);
  }

  /** Sends again what was not acknowledged. */
  resend(slot: number): void {
    const { slots, active } = this.#connections;
    const index = slots.active[slot]!;
    const bytes = this.#bytesOf(slot, index);
    if (bytes === undefined || active.resends[index]! >= MAX_RESENDS) return;
    if (active.acknowledged[index] === active.sent[index]) {
      // Nothing is under way: the window was closed, or the device full. A byte asks again (RFC 9293 section 3.8.6.1).
      if (active.sent[index] === bytes.length) return;
      active.resends[index] = active.resends[index]! + 1;
      this.#sendMore(slot, index, 1);
      return;
    }
    active.resends[index] = active.resends[index]! + 1;
    active.requestRetransmits[index] = active.requestRetransmits[index]! + 1;
    this.#writePiece(slot, index, bytes, active.acknowledged[index]!);
    this.#awaitAnswer(slot, index);
  }

  /** The time of an acknowledgement that was put off has come. */
  acknowledgeLate(slot: number): void {
    if ((this.#connections.slots.flags[slot]! & OWES_ACK) !== 0) this.#acknowledge(slot);
  }

  #takeReset(slot: number, ahead: number): void {
    const { slots } = this.#connections;
    if (ahead === 0) {
      if (slots.phase[slot]! >= KEPT) this.#closer.forget(slot);
      else this.#handler.lose(slot, constants.errno.ECONNRESET);
    } else if (ahead > 0 && ahead < 65_536) {
      // Within the window but not exact: RFC 5961 section 3.2.
      this.#acknowledge(slot);
    }
  }

  #takeAck(slot: number, segment: Inbound): void {
    const { slots, active } = this.#connections;
    const index = slots.active[slot]!;
    if (index < 0) return;
    active.window[index] = segment.window << active.windowShift[index]!;
    const acknowledged = (segment.ack - active.requestSeq[index]!) | 0;
    if (acknowledged <= active.acknowledged[index]! || acknowledged > active.sent[index]!) return;
    if (active.resends[index] === 0) {
      const sampleUs = Math.max(1, segment.atUs - active.sentAtUs[index]!);
      const rttUs = active.rttUs[index]!;
      active.minRttUs[index] = rttUs > 0 ? Math.min(rttUs, sampleUs) : sampleUs;
    }
    active.acknowledged[index] = acknowledged;
    active.resends[index] = 0;
    active.resendAtUs[index] = Number.POSITIVE_INFINITY;
    this.#sendMore(slot, index);
    if (acknowledged < active.sent[index]! && active.resendAtUs[index] === Number.POSITIVE_INFINITY)
      this.#awaitAnswer(slot, index);
  }

  #takeData(slot: number, segment: Inbound, ahead: number, length: number, isClosing: boolean): void {
    const { slots } = this.#connections;
    const hasFin = (segment.flags & FIN) !== 0;
    const isRepeated = ahead + length + (hasFin ? 1 : 0) <= 0;
    // A gap, or what came before: the far end learns from a repeated acknowledgement what is missing.
    if (ahead > 0 || isRepeated) {
      this.#acknowledge(slot);
      return;
    }
    const from = segment.from - ahead;
    slots.rcvNxt[slot] = (slots.rcvNxt[slot]! + length + ahead + (hasFin ? 1 : 0)) | 0;
    if (hasFin) slots.flags[slot] = slots.flags[slot]! | PEER_CLOSED;
    if (isClosing) {
      if (hasFin) this.#closer.receive(slot, segment.ack, true);
      else this.#acknowledge(slot);
      return;
    }
    this.#oweAck(slot, length + ahead);
    const ended = this.#ended;
    if (segment.to > from) this.#handler.takeBytes(slot, segment.bytes, from, segment.to, hasFin);
    if (hasFin && this.#ended === ended) this.#handler.takeEof(slot);
  }

  /** A second segment is acknowledged at once (RFC 9293 section 3.8.6.3); a lone one waits for company. */
  #oweAck(slot: number, bytes: number): void {
    const { slots, active } = this.#connections;
    const index = slots.active[slot]!;
    const owed = index < 0 ? bytes : this.#unacknowledged[index]! + bytes;
    if (index >= 0) this.#unacknowledged[index] = owed;
    if (index < 0 || owed >= 2 * active.mss[index]!) {
      this.#acknowledge(slot);
      return;
    }
    if ((slots.flags[slot]! & OWES_ACK) === 0) this.#acknowledgeSoon(slot);
  }

  /** With the next segment, or in a moment. */
  #acknowledgeSoon(slot: number): void {
    const { slots, nowUs } = this.#connections;
    slots.flags[slot] = slots.flags[slot]! | OWES_ACK;
    this.acks.add(slot, this.#segments.clientOf(slot).delayedAckUs, nowUs);
  }

  #acknowledge(slot: number): void {
    const { slots } = this.#connections;
    slots.flags[slot] = slots.flags[slot]! & ~OWES_ACK;
    const index = slots.active[slot]!;
    if (index >= 0) this.#unacknowledged[index] = 0;
    this.#segments.write(slot, ACK, slots.sndNxt[slot]!, slots.rcvNxt[slot]!);
  }

  /** @param leastRoom sent whatever the far end's window */
  #sendMore(slot: number, index: number, leastRoom = 0): void {
    const { slots, active } = this.#connections;
    const bytes = this.#bytesOf(slot, index);
    if (bytes === undefined) return;
    const acknowledged = active.acknowledged[index]!;
    const congestion = INITIAL_SEGMENTS * active.mss[index]! + acknowledged;
    const room = Math.max(leastRoom, Math.min(active.window[index]!, congestion));
    let sent = active.sent[index]!;
    if (sent === bytes.length) return;
    const before = sent;
    while (sent < bytes.length && sent - acknowledged < room) {
      const count = this.#writePiece(slot, index, bytes, sent, room - (sent - acknowledged));
      if (count === 0) break;
      sent += count;
    }
    active.sent[index] = sent;
    slots.sndNxt[slot] = (active.requestSeq[index]! + sent) | 0;
    if (sent === before && sent > acknowledged) return;
    active.sentAtUs[index] = this.#connections.nowUs;
    // Also where nothing could be sent: it is tried again.
    this.#awaitAnswer(slot, index);
  }

  /** @returns bytes written; 0 if the device is full */
  #writePiece(slot: number, index: number, bytes: Uint8Array, at: number, room = 65_536): number {
    const { slots, active } = this.#connections;
    const end = Math.min(bytes.length, at + Math.min(active.mss[index]!, room));
    const flags = end === bytes.length ? ACK | PSH : ACK;
    slots.flags[slot] = slots.flags[slot]! & ~OWES_ACK;
    this.#unacknowledged[index] = 0;
    const seq = (active.requestSeq[index]! + at) | 0;
    return this.#segments.write(slot, flags, seq, slots.rcvNxt[slot]!, bytes, at, end) ? end - at : 0;
  }

  #awaitAnswer(slot: number, index: number): void {
    const { active, nowUs } = this.#connections;
    const { rtoUs, minRtoUs } = this.#segments.clientOf(slot);
    const rttUs = active.rttUs[index]!;
    let waitUs = rttUs > 0 ? minRtoUs : rtoUs;
    // RFC 6298: the estimate plus four times its variation, which is half of it after one sample.
    while (waitUs < 3 * rttUs) waitUs *= 2;
    active.resendAtUs[index] = this.#resends.add(slot, waitUs * (1 << active.resends[index]!), nowUs);
  }

  #bytesOf(slot: number, index: number): Uint8Array | undefined {
    const own = this.#requests[index];
    if (own !== undefined) return own;
    const { request } = this.#connections.armOf(slot);
    const bytes = this.#shared[this.#connections.slots.arm[slot]!];
    if (request === undefined || bytes === undefined) return undefined;
    const { nonceOffsets, nonceWidth } = request;
    if (nonceOffsets.length > 0) {
      const attempt = this.#connections.attemptOf(slot);
      for (let at = 0; at < nonceOffsets.length; at += 1)
        writeNonce(bytes, nonceOffsets[at]!, nonceWidth, attempt);
    }
    return bytes;
  }
}
