import type { Libc } from '../../../src/net/index.ts';
import { Arena, loadLibc } from '../../../src/net/index.ts';
import { bindPacketSocket, openPacketSocket } from '../../../src/net/packet-socket/open.ts';
import { FRAME_PAD, SendBatch } from '../../../src/net/packet-socket/send-batch.ts';
import { tickerOf } from '../../../src/net/ticker.ts';
import { finishChecksum, sumBytes } from '../../../src/net/wire/checksum.ts';

const MSG_DONTWAIT = 0x40;
const LOOPBACK = 1;
const IP_AT = 14;
const TCP_AT = 34;
const PAYLOAD_AT = 54;
const ROOM = 2_048;
const NOTHING = new Uint8Array(0);

/** A segment of a client's, as far as a far end needs it. */
export interface Heard {
  readonly flags: number;
  readonly seq: number;
  readonly ack: number;
  readonly port: number;
  readonly payloadBytes: number;
}

export interface Said {
  readonly to: number;
  readonly flags: number;
  readonly seq: number;
  readonly ack: number;
  readonly payload?: Uint8Array;
  readonly window?: number;
  /** Added to the checksum: anything but 0 makes it wrong. */
  readonly wrongBy?: number;
  /** Length of the TCP header that it claims to have, in words. */
  readonly headerWords?: number;
}

/** A far end that is nothing but its packets, on loopback: hears what comes to its address and port, and says anything. */
export class FarEndOfPackets {
  readonly #libc: Libc = loadLibc();
  readonly #arena = new Arena(this.#libc, ROOM + 64);
  readonly #memory = this.#arena.take(ROOM);
  readonly #fd: number;
  readonly #batch: SendBatch;
  readonly #address: Uint8Array;
  readonly #port: number;

  constructor(host: string, port: number) {
    this.#address = Uint8Array.from(host.split('.'), Number);
    this.#port = port;
    const address = new DataView(this.#address.buffer).getUint32(0);
    const filter = { ipv4: { from: address, to: address }, ports: { from: port, to: port } };
    this.#fd = openPacketSocket(this.#libc, filter);
    bindPacketSocket(this.#libc, this.#fd, LOOPBACK);
    this.#batch = new SendBatch(
      this.#libc,
      this.#fd,
      tickerOf(() => 0),
    );
  }

  /** The next segment that has come; undefined if there is none. */
  hear(): Heard | undefined {
    const length = this.#libc.recv(this.#fd, this.#memory.address, ROOM, MSG_DONTWAIT);
    if (length < PAYLOAD_AT) return undefined;
    const { bytes } = this.#memory;
    const view = new DataView(bytes.buffer, bytes.byteOffset, length);
    const headerBytes = (view.getUint8(TCP_AT + 12) >>> 4) * 4;
    return {
      flags: view.getUint8(TCP_AT + 13),
      seq: view.getUint32(TCP_AT + 4),
      ack: view.getUint32(TCP_AT + 8),
      port: view.getUint16(TCP_AT),
      payloadBytes: view.getUint16(IP_AT + 2) - 20 - headerBytes,
    };
  }

  say(said: Said): void {
    const { to, flags, seq, ack, payload = NOTHING, window = 0xffff, wrongBy = 0, headerWords = 5 } = said;
    const frame = new Uint8Array(PAYLOAD_AT + payload.length);
    const view = new DataView(frame.buffer);
    view.setUint16(12, 0x0800);
    frame.set([0x45, 0], IP_AT);
    view.setUint16(IP_AT + 2, frame.length - IP_AT);
    frame.set([64, 6], IP_AT + 8);
    frame.set(this.#address, IP_AT + 12);
    frame.set([127, 0, 0, 1], IP_AT + 16);
    view.setUint16(IP_AT + 10, finishChecksum(sumBytes(frame, IP_AT, TCP_AT)));
    view.setUint16(TCP_AT, this.#port);
    view.setUint16(TCP_AT + 2, to);
    view.setUint32(TCP_AT + 4, seq);
    view.setUint32(TCP_AT + 8, ack);
    frame.set([headerWords << 4, flags], TCP_AT + 12);
    view.setUint16(TCP_AT + 14, window);
    frame.set(payload, PAYLOAD_AT);
    const sum = 6 + frame.length - TCP_AT + sumBytes(frame, IP_AT + 12, frame.length);
    view.setUint16(TCP_AT + 16, (finishChecksum(sum) + wrongBy) & 0xffff);
    const at = this.#batch.claim();
    this.#batch.bytes.set(frame, 4 * at + FRAME_PAD);
    this.#batch.commit(frame.length, 0);
    this.#batch.flush({ sent: () => undefined });
  }

  close(): void {
    this.#batch.close();
    this.#libc.close(this.#fd);
    this.#arena.release();
  }
}
