import { randomBytes } from 'node:crypto';
import { synFlags } from '../../client/syn.ts';
import type { ClientProfile } from '../../client/types.ts';
import { FRAME_PAD, type SendBatch, type SendObserver } from '../../net/packet-socket/send-batch.ts';
import type { Ticker } from '../../net/ticker.ts';
import { writeU32 } from '../../net/wire/big-endian.ts';
import { RST } from '../../net/wire/packet.ts';
import type { EngineArm } from '../types.ts';
import { swap } from './addresses.ts';
import { fold, halves, sumWords, swap16 } from './checksum.ts';
import type { Device } from './device.ts';
import type { Flows } from './flows.ts';
import { type Slots, TIMESTAMPS } from './slots.ts';
import { createTemplate, IP_AT, IPV4_WORDS, type Template } from './template.ts';

const TCP_WORDS = 5;
/** NOP, NOP, timestamps (RFC 7323 appendix A), as this machine reads it. */
const TIMESTAMP_OPTION = 0x0a08_0101;
const TIMESTAMP_WORDS = 3;

/** Writes TCP segments as an arm's client would, into the batch of the interface that they leave by. */
export class Segments {
  readonly devices: readonly Device[];
  readonly #templates: readonly (Template | undefined)[];
  readonly #remoteCount: number;
  readonly #slots: Slots;
  readonly #clock: Ticker;
  readonly #observer: SendObserver;
  readonly #localWords: readonly Int32Array[];
  readonly #localSums: Float64Array;
  /** By remote: the last identification of clients that count for each address. */
  readonly #ids: Uint16Array;

  constructor(
    arms: readonly EngineArm[],
    devices: readonly Device[],
    flows: Flows,
    slots: Slots,
    clock: Ticker,
    observer: SendObserver,
  ) {
    this.devices = devices;
    this.#slots = slots;
    this.#clock = clock;
    this.#observer = observer;
    this.#remoteCount = flows.remotes.length;
    this.#ids = new Uint16Array(flows.remotes.length);
    this.#localWords = flows.locals.words.map((words) => Int32Array.from(words, swap));
    this.#localSums = Float64Array.from(this.#localWords, (words) => sumWords(words, 0, words.length));
    const secrets = { isn: randomBytes(8), stamp: randomBytes(8) };
    const templates: (Template | undefined)[] = [];
    arms.forEach((arm, index) => {
      flows.arms[index]!.remotes.forEach((remote, endpoint) => {
        templates[index * this.#remoteCount + remote] = createTemplate(
          arm,
          endpoint,
          devices,
          flows,
          remote,
          secrets,
        );
      });
    });
    this.#templates = templates;
  }

  clientOf(slot: number): ClientProfile {
    return this.#templateOf(slot).client;
  }

  /** Largest payload of the arm's own packets towards a remote. */
  ownMss(slot: number): number {
    return this.#templateOf(slot).mss;
  }

  /** The initial sequence number of a connection that begins now. */
  isnAt(slot: number, us: number): number {
    const { isns, localWords, remoteWord, remotePort } = this.#templateOf(slot);
    const local = localWords[this.#slots.local[slot]!]!;
    return isns.next(local, remoteWord, this.#slots.port[slot]!, remotePort, us);
  }

  /** The value of a connection's timestamps at a moment of the engine's clock. */
  stampAt(slot: number, us: number): number {
    const { stamps, localWords, remoteWord, remotePort } = this.#templateOf(slot);
    const local = localWords[this.#slots.local[slot]!]!;
    const start = stamps.startOf(local, remoteWord, this.#slots.port[slot]!, remotePort);
    return (start + stamps.ticks(us)) | 0;
  }

  /**
   * Writes a SYN.
   * @param resent how often it has been sent before
   * @param tag for the observer
   * @returns whether there was room
   */
  writeSyn(slot: number, iss: number, resent: number, tag: number): boolean {
    const template = this.#templateOf(slot);
    const { batch } = template.device;
    const at = this.#claim(batch);
    if (at < 0) return false;
    const { tcpAt, client } = template;
    const options = template.synOptions[resent === 0 ? 0 : 1];
    const { words } = batch;
    const optionsAt = at + tcpAt + TCP_WORDS;
    const { length } = options.words;
    for (let word = 0; word < length; word += 1) words[optionsAt + word] = options.words[word]!;
    if (options.stampAt >= 0)
      writeU32(batch.bytes, optionsAt * 4 + options.stampAt, this.stampAt(slot, this.#clock.us[0]!));
    if (client.ipId === 'random') this.#slots.ipId[slot] = Math.floor(Math.random() * 65_536);
    const flags = synFlags(client, resent);
    this.#finish(
      slot,
      template,
      at,
      iss,
      0,
      ((TCP_WORDS + length) << 4) | (flags >>> 8) | ((flags & 0xff) << 8),
      template.synWindow,
      4 * (TCP_WORDS + length),
      sumWords(words, optionsAt, optionsAt + length),
      tag,
    );
    return true;
  }

  /**
   * Writes any other segment of an established connection.
   * @param payload bytes to carry: those from `from` (inclusive) to `to` (exclusive)
   * @returns whether there was room
   */
  write(
    slot: number,
    flags: number,
    seq: number,
    ack: number,
    payload?: Uint8Array,
    from = 0,
    to = 0,
  ): boolean {
    const template = this.#templateOf(slot);
    const { batch } = template.device;
    const at = this.#claim(batch);
    if (at < 0) return false;
    const { words, bytes } = batch;
    const optionsAt = at + template.tcpAt + TCP_WORDS;
    let optionWords = 0;
    if ((this.#slots.flags[slot]! & TIMESTAMPS) !== 0 && (flags & RST) === 0) {
      optionWords = TIMESTAMP_WORDS;
      words[optionsAt] = TIMESTAMP_OPTION;
      words[optionsAt + 1] = swap(this.stampAt(slot, this.#clock.us[0]!));
      words[optionsAt + 2] = swap(this.#slots.peerStamp[slot]!);
    }
    const length = to - from;
    const payloadAt = optionsAt + optionWords;
    const payloadWords = (length + 3) >> 2;
    if (payload !== undefined && length > 0) {
      words[payloadAt + payloadWords - 1] = 0;
      const byteAt = payloadAt * 4;
      if (from === 0 && to === payload.length) bytes.set(payload, byteAt);
      else bytes.set(payload.subarray(from, to), byteAt);
    }
    this.#finish(
      slot,
      template,
      at,
      seq,
      ack,
      ((TCP_WORDS + optionWords) << 4) | (flags << 8),
      (flags & RST) === 0 ? template.window : 0,
      4 * (TCP_WORDS + optionWords) + length,
      sumWords(words, optionsAt, payloadAt + payloadWords),
      0,
    );
    return true;
  }

  /** Sends what is waiting. @returns whether everything has been sent */
  flush(): boolean {
    let isAll = true;
    for (const { batch } of this.devices) if (batch.size > 0 && !batch.flush(this.#observer)) isAll = false;
    return isAll;
  }

  #templateOf(slot: number): Template {
    return this.#templates[this.#slots.arm[slot]! * this.#remoteCount + this.#slots.remote[slot]!]!;
  }

  #claim(batch: SendBatch): number {
    const at = batch.claim();
    if (at >= 0) return at;
    batch.flush(this.#observer);
    const again = batch.claim();
    if (again < 0) batch.overflow();
    return again;
  }

  /**
   * Completes a frame whose options and payload are in place, and adds it to the batch.
   * @param controlBits header length and control bits, as they appear in the word of the window
   * @param sum of the halves of options and payload
   */
  #finish(
    slot: number,
    template: Template,
    at: number,
    seqNumber: number,
    ackNumber: number,
    controlBits: number,
    window: number,
    tcpBytes: number,
    sum: number,
    tag: number,
  ): void {
    const { batch } = template.device;
    const { words } = batch;
    const { tcpAt } = template;
    for (let word = 0; word < tcpAt; word += 1) words[at + word] = template.words[word]!;
    const local = this.#slots.local[slot]!;
    const localWords = this.#localWords[local]!;
    const localSum = this.#localSums[local]!;
    if (template.isIpv6) {
      words[at + IP_AT + 1] = words[at + IP_AT + 1]! | swap16(tcpBytes);
      for (let word = 0; word < 4; word += 1) words[at + IP_AT + 2 + word] = localWords[word]!;
    } else {
      const length = swap16(tcpBytes + 4 * IPV4_WORDS);
      const id = swap16(this.#nextId(slot, template.client));
      words[at + IP_AT] = words[at + IP_AT]! | (length << 16);
      words[at + IP_AT + 1] = words[at + IP_AT + 1]! | id;
      words[at + IP_AT + 2] = words[at + IP_AT + 2]! | (fold(template.ipSum + length + id + localSum) << 16);
      words[at + IP_AT + 3] = localWords[0]!;
    }
    const ports = swap16(this.#slots.port[slot]!) | (template.port16 << 16);
    const seq = swap(seqNumber);
    const ack = swap(ackNumber);
    const control = controlBits | (swap16(window) << 16);
    const tcp = at + tcpAt;
    words[tcp] = ports;
    words[tcp + 1] = seq;
    words[tcp + 2] = ack;
    words[tcp + 3] = control;
    words[tcp + 4] = fold(
      template.pseudoSum +
        localSum +
        swap16(tcpBytes) +
        halves(ports) +
        halves(seq) +
        halves(ack) +
        halves(control) +
        sum,
    );
    batch.commit(4 * tcpAt - FRAME_PAD + tcpBytes, tag);
  }

  #nextId(slot: number, { ipId }: ClientProfile): number {
    if (ipId === 'zero') return 0;
    const counters = ipId === 'random' ? this.#slots.ipId : this.#ids;
    const index = ipId === 'random' ? slot : this.#slots.remote[slot]!;
    counters[index] = counters[index]! + 1;
    return counters[index]!;
  }
}
