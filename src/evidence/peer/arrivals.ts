import { formatAddress } from '../../net/addresses.ts';
import { CaptureReader } from '../../net/capture/capture-reader.ts';
import { decodeFrame } from '../../net/wire/decode.ts';
import { PROTOCOL } from '../../net/wire/ip.ts';
import { ACK, addressBytes, createPacket, SYN } from '../../net/wire/packet.ts';
import { readOptions } from '../handshakes/read-options.ts';

/** A SYN as it arrived at the far host. */
export interface ArrivedSyn {
  /** From where, as seen there. */
  readonly address: string;
  readonly port: number;
  readonly toPort: number;
  readonly isn: number;
  /** -1: it had none. */
  readonly timestamp: number;
}

/** Remembered; a busy proxy has thousands a second. */
const MOST = 4_096;

/** The latest SYNs in what a peer sends, as it comes. What it sends is hostile: once it cannot be read, no more is. */
export class Arrivals {
  readonly #reader: CaptureReader;
  readonly #packet = createPacket();
  #latest: ArrivedSyn[] = [];
  /** SYNs that are no longer remembered. */
  #gone = 0;
  #isOver = false;

  constructor() {
    this.#reader = new CaptureReader(({ bytes, at, end, linkType }) => {
      const packet = this.#packet;
      if (decodeFrame(packet, bytes, at, end, linkType) !== undefined) return;
      if (packet.protocol !== PROTOCOL.TCP || (packet.flags & (SYN | ACK)) !== SYN || packet.flags < 0)
        return;
      const from = packet.sourceAt;
      this.#latest.push({
        address: formatAddress(bytes.subarray(from, from + addressBytes(packet.version))),
        port: packet.sourcePort,
        toPort: packet.destinationPort,
        isn: packet.seq,
        timestamp: readOptions(bytes, packet).timestamp,
      });
      if (this.#latest.length <= MOST * 2) return;
      this.#gone += this.#latest.length - MOST;
      this.#latest = this.#latest.slice(-MOST);
    });
  }

  /** How many have arrived so far. */
  get count(): number {
    return this.#gone + this.#latest.length;
  }

  /** The next bytes of a pcapng. Never throws. */
  take(piece: Uint8Array): void {
    if (this.#isOver) return;
    try {
      this.#reader.push(piece);
    } catch {
      this.#isOver = true;
    }
  }

  /** Those that have arrived since there were so many, the latest thousands of them. */
  since(count: number): readonly ArrivedSyn[] {
    return this.#latest.slice(Math.max(0, count - this.#gone));
  }
}
