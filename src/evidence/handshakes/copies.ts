import { FIN, type Packet, RST, SYN } from '../../net/wire/packet.ts';

/** Packets of each connection that are remembered: as many as may lie between a packet and its copy. */
const REMEMBERED = 8;

/** Later than this after the first it is another packet, which the sender numbered alike (16 bits go round). */
const COPY_WITHIN_US = 1_000;
/** Of packets that the sender did not number, as IPv6's: one sent again at once is told from a copy by time alone. */
const UNNUMBERED_COPY_WITHIN_US = 200;

/** Tells packets that a capture has twice, as one of all interfaces does, from those that were sent twice. */
export class Copies {
  readonly #marks: Int32Array;
  readonly #atUs: Float64Array;
  readonly #turns: Uint8Array;

  /** @param capacity connections */
  constructor(capacity: number) {
    this.#marks = new Int32Array(capacity * REMEMBERED);
    this.#atUs = new Float64Array(capacity * REMEMBERED).fill(Number.NaN);
    this.#turns = new Uint8Array(capacity);
  }

  /** A new connection has this slot. */
  clear(slot: number): void {
    this.#atUs.fill(Number.NaN, slot * REMEMBERED, (slot + 1) * REMEMBERED);
  }

  /**
   * @param isFromClient so that what both ends send alike is told apart
   * @returns whether this packet was there already
   */
  take(slot: number, packet: Readonly<Packet>, isFromClient: boolean, atUs: number): boolean {
    const { ipId, flags, payloadBytes } = packet;
    const isNumbered = ipId > 0;
    if (!isNumbered && payloadBytes === 0 && (flags & (SYN | FIN | RST)) === 0) return false;
    const withinUs = isNumbered ? COPY_WITHIN_US : UNNUMBERED_COPY_WITHIN_US;
    const mark = markOf(packet, isFromClient);
    const from = slot * REMEMBERED;
    for (let place = from; place < from + REMEMBERED; place += 1)
      if (this.#marks[place] === mark && Math.abs(atUs - this.#atUs[place]!) <= withinUs) return true;
    const turn = this.#turns[slot]!;
    this.#turns[slot] = (turn + 1) % REMEMBERED;
    this.#marks[from + turn] = mark;
    this.#atUs[from + turn] = atUs;
    return false;
  }
}

function markOf(packet: Readonly<Packet>, isFromClient: boolean): number {
  let mark = isFromClient ? 1 : 2;
  mark = mix(mark, packet.ipId);
  mark = mix(mark, packet.seq);
  mark = mix(mark, packet.ack);
  mark = mix(mark, (packet.flags << 16) | packet.window);
  return mix(mark, packet.payloadBytes);
}

function mix(mark: number, word: number): number {
  const mixed = Math.imul(mark ^ word, 0x9e37_79b1);
  return mixed ^ (mixed >>> 15);
}
