import { ACK, FIN, type Packet, RST, SYN } from '../../net/wire/packet.ts';
import { readAnswer, readSyn, type SeenPacket } from './read-headers.ts';
import { Side, USUAL_REORDERING_US } from './side.ts';
import {
  type AnswerSeen,
  type HandshakeEnd,
  type HandshakeSeen,
  MAX_ANSWERS,
  MAX_SYNS,
  type SynSeen,
} from './types.ts';

/** If the receiver announced no MSS, a larger payload is no packet of any network (Ethernet's jumbo frames). */
const LARGEST_PAYLOAD = 8_960;

/** Never added to: V8 makes room for 17 in an empty array that is, and most connections have one of each. */
const NO_SYNS: SynSeen[] = [];
const NO_ANSWERS: AnswerSeen[] = [];

export interface Ends {
  readonly family: 4 | 6;
  readonly client: string;
  readonly clientPort: number;
  readonly server: string;
  readonly serverPort: number;
}

/** A tracked connection. Its sequence numbers are 32 bits, signed. */
export class Connection implements HandshakeSeen {
  readonly family: 4 | 6;
  readonly client: string;
  readonly clientPort: number;
  readonly server: string;
  readonly serverPort: number;
  /** Of its key. */
  readonly hash: number;
  readonly check: number;
  /** Whether the client is the lower end of the key. */
  readonly isClientLower: boolean;

  syns: SynSeen[] = NO_SYNS;
  synCount = 0;
  answers: AnswerSeen[] = NO_ANSWERS;
  answerCount = 0;
  answeredAtUs: number = Number.NaN;
  establishedAtUs: number = Number.NaN;
  readonly fromClient: Side = new Side();
  readonly fromServer: Side = new Side();
  firstAtUs: number;
  lastAtUs: number;
  gapUs: number = Number.NaN;
  gapAtUs: number = Number.NaN;
  beganEarlier = true;
  copies = 0;
  merged = 0;
  previousAtUs: number = Number.NaN;
  previousEnd: HandshakeEnd | undefined;
  token: string | undefined;

  /** The client's initial sequence number, known from its SYN or from the SYN-ACK. */
  #isn = 0;
  #serverIsn = 0;
  #synPayload = 0;
  #hasServerIsn = false;
  /** From either end: the handshake is over. */
  #isUp = false;
  #isReset = false;
  #clientMss = -1;
  #serverMss = -1;

  constructor(
    ends: Ends,
    key: { readonly hash: number; readonly check: number },
    isClientLower: boolean,
    atUs: number,
  ) {
    this.family = ends.family;
    this.client = ends.client;
    this.clientPort = ends.clientPort;
    this.server = ends.server;
    this.serverPort = ends.serverPort;
    this.hash = key.hash;
    this.check = key.check;
    this.isClientLower = isClientLower;
    this.firstAtUs = atUs;
    this.lastAtUs = atUs;
  }

  get end(): HandshakeEnd {
    if (this.#isReset) return 'reset';
    const { fromClient, fromServer } = this;
    const isFinished =
      fromClient.fins > 0
        ? fromServer.fins > 0 || fromServer.packets === 0
        : fromServer.fins > 0 && fromClient.packets === 0;
    return isFinished ? 'closed' : 'open';
  }

  /**
   * Whether a SYN with this number belongs to it: a copy of its own SYN, or one that arrives after the answer. If the
   * connection is closed, a client that reuses the same number has started another.
   */
  mayBeginWith(isn: number): boolean {
    if (this.beganEarlier) return this.#isAnswerAlone;
    return this.#isn === (isn | 0) && this.end !== 'closed';
  }

  /** Whether a SYN-ACK that acknowledges this number may be an answer to it, correct or not. */
  mayBeAnsweredBy(ack: number): boolean {
    if (this.beganEarlier) return this.#isAnswerAlone;
    return (this.syns.length > 0 && this.end === 'open') || this.#acknowledges(ack);
  }

  /** Whether only bare ACKs of the server are known, which may have answered a SYN that was not captured. */
  get #isAnswerAlone(): boolean {
    const { fromClient, fromServer } = this;
    return (
      fromClient.packets === 0 && fromServer.bytes === 0 && fromServer.fins === 0 && fromServer.rsts === 0
    );
  }

  takeSyn(seen: Readonly<SeenPacket>): void {
    const { packet } = seen;
    this.beganEarlier = false;
    this.#isn = packet.seq | 0;
    this.synCount += 1;
    const syn = this.synCount <= MAX_SYNS ? readSyn(seen) : undefined;
    if (this.synCount === 1) this.syns = [syn!];
    else if (syn !== undefined) this.syns.push(syn);
    if (this.synCount === 1) this.#clientMss = syn!.options.mss;
    if (packet.payloadBytes > this.#synPayload) this.#synPayload = packet.payloadBytes;
    this.#sum(seen, true);
  }

  takeSynAck(seen: Readonly<SeenPacket>): void {
    const { packet } = seen;
    if (this.beganEarlier) {
      this.beganEarlier = false;
      this.#isn = (packet.ack - 1) | 0;
    }
    const acknowledges =
      this.syns.length === 0 ? 'nothing' : this.#acknowledges(packet.ack) ? 'this' : 'another';
    const answer = this.#answer(seen, 'syn-ack', acknowledges);
    if (acknowledges !== 'another') {
      if (!this.#hasServerIsn) {
        this.#hasServerIsn = true;
        this.#serverIsn = packet.seq | 0;
        this.#serverMss = answer?.options.mss ?? -1;
      }
      if (Number.isNaN(this.answeredAtUs)) this.answeredAtUs = seen.atUs;
    }
    this.#sum(seen, false);
  }

  /** Any other packet from the client. */
  takeFromClient(seen: Readonly<SeenPacket>, readToken: ReadToken | undefined): void {
    const { packet, atUs } = seen;
    if (!this.#isUp && !this.beganEarlier && this.#establishes(packet)) {
      this.#isUp = true;
      this.establishedAtUs = atUs;
    }
    if ((packet.flags & RST) !== 0 && this.#isReset === false && this.#isClientsReset(packet)) this.#reset();
    if (packet.payloadBytes > 0 && this.token === undefined && readToken !== undefined)
      this.token = readToken(seen.bytes, packet.payloadAt, packet.end);
    this.#sum(seen, true);
  }

  /** Any other packet from the server. */
  takeFromServer(seen: Readonly<SeenPacket>): void {
    const { packet } = seen;
    const isReset = (packet.flags & RST) !== 0;
    if (!this.#isUp && !this.beganEarlier && this.syns.length > 0) this.#takeEarly(seen, isReset);
    else if (isReset) this.#reset();
    this.#sum(seen, false);
  }

  /** @param sequence of the packet that the error quotes */
  takeIcmp(answer: (acknowledges: AnswerSeen['acknowledges']) => AnswerSeen, sequence: number): void {
    if (this.#isUp || this.syns.length === 0) return;
    this.#keep(answer((sequence | 0) === this.#isn ? 'this' : 'another'));
  }

  /** What the server sends before the client has acknowledged it. */
  #takeEarly(seen: Readonly<SeenPacket>, isReset: boolean): void {
    const { packet, atUs } = seen;
    const hasAck = (packet.flags & ACK) !== 0;
    const acknowledges = !hasAck ? 'nothing' : this.#acknowledges(packet.ack) ? 'this' : 'another';
    if (isReset) {
      this.#answer(seen, 'rst', acknowledges);
      // Before a SYN-ACK, an RST counts if it acknowledges the SYN (RFC 9293 section 3.10.7.3).
      if (acknowledges === 'this' || this.#hasServerIsn) this.#reset();
    } else if (!this.#hasServerIsn) this.#answer(seen, 'ack', acknowledges);
    else if (packet.payloadBytes > 0 || (packet.flags & FIN) !== 0) {
      // The server sends neither without the client's acknowledgement, which the capture lacks.
      this.#isUp = true;
      this.#trackGap(atUs);
    }
  }

  #acknowledges(ack: number): boolean {
    const bytes = (ack - this.#isn - 1) | 0;
    return bytes >= 0 && bytes <= this.#synPayload;
  }

  #establishes({ flags, seq, ack }: Readonly<Packet>): boolean {
    if ((flags & (ACK | RST | SYN)) !== ACK) return false;
    if (this.#hasServerIsn) return ((ack - this.#serverIsn - 1) | 0) >= 0;
    const bytes = (seq - this.#isn - 1) | 0;
    return this.syns.length > 0 && bytes >= 0 && bytes <= this.#synPayload;
  }

  /** An RST that answers a foreign acknowledgement carries its number and does not end the SYN. */
  #isClientsReset({ seq }: Readonly<Packet>): boolean {
    if (this.#isUp || this.#hasServerIsn || this.syns.length === 0) return true;
    return (
      seq !== 0 && this.answers.every(({ ack, acknowledges }) => acknowledges !== 'another' || ack !== seq)
    );
  }

  #reset(): void {
    if (this.end !== 'closed') this.#isReset = true;
  }

  #answer(
    seen: Readonly<SeenPacket>,
    kind: 'syn-ack' | 'ack' | 'rst',
    acknowledges: AnswerSeen['acknowledges'],
  ): AnswerSeen | undefined {
    return this.#keep(this.answerCount < MAX_ANSWERS ? readAnswer(seen, kind, acknowledges) : undefined);
  }

  #keep(answer: AnswerSeen | undefined): AnswerSeen | undefined {
    this.answerCount += 1;
    if (answer === undefined || this.answers.length >= MAX_ANSWERS) return answer;
    if (this.answers.length === 0) this.answers = [answer];
    else this.answers.push(answer);
    return answer;
  }

  #sum({ packet, atUs }: Readonly<SeenPacket>, isFromClient: boolean): void {
    const mss = isFromClient ? this.#serverMss : this.#clientMss;
    if (packet.payloadBytes > (mss > 0 ? mss : LARGEST_PAYLOAD)) this.merged += 1;
    if (this.#isUp || this.beganEarlier) this.#trackGap(atUs);
    // The round trip, as soon as the handshake reveals it.
    const reorderingUs = this.establishedAtUs - this.#lastSynAtUs;
    const [side, other] = isFromClient
      ? [this.fromClient, this.fromServer]
      : [this.fromServer, this.fromClient];
    side.take(packet, atUs, other, reorderingUs > 0 ? reorderingUs : USUAL_REORDERING_US);
    if (atUs > this.lastAtUs || Number.isNaN(this.lastAtUs)) this.lastAtUs = atUs;
  }

  get #lastSynAtUs(): number {
    return this.syns.at(-1)?.atUs ?? Number.NaN;
  }

  #gapFromUs = Number.NaN;

  #trackGap(atUs: number): void {
    const us = atUs - this.#gapFromUs;
    if (us > (this.gapUs || 0) || (us >= 0 && Number.isNaN(this.gapUs))) {
      this.gapUs = us;
      this.gapAtUs = this.#gapFromUs;
    }
    this.#gapFromUs = atUs;
  }
}

/** Finds in the client's first bytes what distinguishes its connection from others; undefined if there is nothing. */
export type ReadToken = (bytes: Uint8Array, at: number, end: number) => string | undefined;
