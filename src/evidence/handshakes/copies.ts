import { FIN, type Packet, RST, SYN } from '../../net/wire/packet.ts';

/** Packets remembered per connection: as many as may lie between a packet and its duplicate. */
const REMEMBERED = 8;

/** Later than this, it is another packet to which the sender gave the same number (16 bits wrap). */
const COPY_WITHIN_US = 1_000;
/** For packets without an ID, as in IPv6: only time distinguishes an immediate retransmission from a duplicate. */
const UNNUMBERED_COPY_WITHIN_US = 200;

/** Distinguishes packets that a capture contains twice, as on all interfaces, from packets sent twice. */
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
   * @param isFromClient distinguishes identical packets of both ends
   * @returns whether this packet is a duplicate
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
