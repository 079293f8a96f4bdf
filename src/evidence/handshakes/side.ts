import { ACK, FIN, type Packet, RST, SYN } from '../../net/wire/packet.ts';
import type { SideSeen } from './types.ts';

/** A segment this soon after others may have been overtaken rather than lost, if the round trip is unknown (as in Wireshark). */
export const USUAL_REORDERING_US = 3_000;
/** A segment this soon after duplicate acknowledgements that request it was retransmitted because of them. */
const FAST_RETRANSMISSION_US = 20_000;

/** One end of a connection: sums, and what it takes to detect retransmissions. Sequence numbers are 32 bits, signed. */
export class Side implements SideSeen {
  packets = 0;
  bytes = 0;
  firstByteAtUs: number = Number.NaN;
  retransmissions = 0;
  fins = 0;
  rsts = 0;
  finAtUs: number = Number.NaN;
  rstAtUs: number = Number.NaN;
  minRttUs: number = Number.NaN;

  /** The byte after the highest one seen, and when that arrived. */
  #next = 0;
  #hasNext = false;
  #nextAtUs = Number.NaN;
  #ack = 0;
  #hasAck = false;
  #ackAtUs = Number.NaN;
  #duplicateAcks = 0;
  #window = -1;
  /** What follows the segment whose acknowledgement is waited for, and when that was sent; NaN: none is. */
  #timedNext = 0;
  #timedAtUs = Number.NaN;

  /**
   * @param other the end that receives it
   * @param reorderingUs how long segments may overtake each other
   */
  take(packet: Readonly<Packet>, atUs: number, other: Side, reorderingUs: number): void {
    const { flags, payloadBytes } = packet;
    const seq = packet.seq | 0;
    this.packets += 1;
    const isSentAgain = this.#isSentAgain(packet, seq, atUs, other, reorderingUs);
    if (isSentAgain && (flags & SYN) === 0) this.retransmissions += 1;
    if (payloadBytes > 0 && (flags & SYN) === 0) {
      if (!isSentAgain) this.bytes += payloadBytes;
      if (Number.isNaN(this.firstByteAtUs)) this.firstByteAtUs = atUs;
    }
    this.#countEnds(flags, atUs);
    this.#time(packet, atUs, other, isSentAgain);
    this.#remember(packet, seq, atUs, other);
  }

  /** A segment that was sent again gives no sample: nobody knows which copy is acknowledged (RFC 6298 section 3). */
  #time(
    { flags, seq, ack, payloadBytes }: Readonly<Packet>,
    atUs: number,
    other: Side,
    isSentAgain: boolean,
  ): void {
    if ((flags & (ACK | RST)) === ACK && ((ack - other.#timedNext) | 0) >= 0) {
      const rttUs = atUs - other.#timedAtUs;
      if (rttUs >= 0 && !(rttUs >= other.minRttUs)) other.minRttUs = rttUs;
      other.#timedAtUs = Number.NaN;
    }
    const occupied = payloadBytes + ((flags & FIN) === 0 ? 0 : 1);
    if (occupied === 0 || (flags & (SYN | RST)) !== 0) return;
    if (isSentAgain) this.#timedAtUs = Number.NaN;
    else if (Number.isNaN(this.#timedAtUs)) {
      this.#timedAtUs = atUs;
      this.#timedNext = (seq + occupied) | 0;
    }
  }

  #countEnds(flags: number, atUs: number): void {
    if ((flags & FIN) !== 0) {
      this.fins += 1;
      if (Number.isNaN(this.finAtUs)) this.finAtUs = atUs;
    }
    if ((flags & RST) !== 0) {
      this.rsts += 1;
      if (Number.isNaN(this.rstAtUs)) this.rstAtUs = atUs;
    }
  }

  /**
   * Whether its bytes had been sent before, by Wireshark's rules (tcp_analyze_sequence_number() in
   * epan/dissectors/packet-tcp.c), so that both count the same: not keep-alives, and not segments overtaken by others.
   */
  #isSentAgain(
    { flags, payloadBytes, seq: unsigned }: Readonly<Packet>,
    seq: number,
    atUs: number,
    other: Side,
    reorderingUs: number,
  ): boolean {
    if (!this.#hasNext || (payloadBytes === 0 && (flags & (SYN | FIN)) === 0) || (flags & RST) !== 0)
      return false;
    if (((seq - this.#next) | 0) >= 0) return false;
    const isOneBefore = seq === ((this.#next - 1) | 0);
    if (isOneBefore && payloadBytes <= 1 && (flags & (SYN | FIN)) === 0) return false;
    const end = (unsigned + payloadBytes) | 0;
    if (payloadBytes > 0 && other.#hasAck && ((end - other.#ack) | 0) <= 0) return true;
    // After a zero-window probe it is new.
    if (payloadBytes > 1 && isOneBefore) return false;
    const isAskedFor = other.#duplicateAcks >= 2 && other.#ack === seq;
    if (isAskedFor && atUs - other.#ackAtUs < FAST_RETRANSMISSION_US) return true;
    const isOvertaken = atUs - this.#nextAtUs < reorderingUs && this.#next !== end;
    return !isOvertaken;
  }

  #remember(packet: Readonly<Packet>, seq: number, atUs: number, other: Side): void {
    const { flags, payloadBytes, window } = packet;
    const ack = packet.ack | 0;
    const occupied = payloadBytes + ((flags & (SYN | FIN)) === 0 ? 0 : 1);
    const isProbe = payloadBytes === 1 && other.#window === 0 && seq === this.#next;
    const next = (packet.seq + occupied) | 0;
    const isDuplicate = this.#hasNext && seq === this.#next;
    if ((flags & RST) === 0 && !isProbe && (!this.#hasNext || ((next - this.#next) | 0) > 0)) {
      this.#next = next;
      this.#hasNext = true;
      this.#nextAtUs = atUs;
    }
    // Flags of ACK and RST: what an RST acknowledges has no meaning.
    if ((flags & (ACK | RST)) !== ACK) return;
    if (!this.#hasAck || ack !== this.#ack) this.#duplicateAcks = 0;
    else if (
      payloadBytes === 0 &&
      (flags & (SYN | FIN)) === 0 &&
      isDuplicate &&
      window === this.#window &&
      window > 0
    )
      this.#duplicateAcks += 1;
    this.#ack = ack;
    this.#hasAck = true;
    this.#ackAtUs = atUs;
    this.#window = window;
  }
}
