import { formatAddress } from '../../net/addresses.ts';
import { PROTOCOL } from '../../net/wire/ip.ts';
import { ACK, addressBytes, type Packet, RST, SYN } from '../../net/wire/packet.ts';
import { Connection, type Ends, type ReadToken } from './connection.ts';
import { ConnectionTable } from './connection-table.ts';
import { Copies } from './copies.ts';
import { IcmpQuote } from './icmp-quote.ts';
import { readIcmpAnswer, type SeenPacket } from './read-headers.ts';
import { RecentTuples } from './recent-tuples.ts';
import { TupleKey } from './tuple-key.ts';
import type { HandshakeSeen } from './types.ts';

/** Connections followed at once: some 1.5 kB each. */
const CAPACITY = 32_768;
/** A connection that is over is followed for so long: an acknowledgement may yet come, or a FIN again. */
const LINGER_US = 4_000_000;
/** For each of them, connections given up of which it is remembered when: 13 bytes each. */
const REMEMBERED = 8;

export interface TrackerOptions {
  /**
   * Called for each connection once it is given up: when it has been over for some seconds, when its addresses and ports are
   * used again, when there is no room for it, and at the end.
   */
  readonly onHandshake: (seen: HandshakeSeen) => void;
  /** Connections followed at once, 1 or more. Where there are more, the one of which nothing came for the longest time is given up. */
  readonly capacity?: number;
  /** Looks for what tells connections apart in the first bytes of their clients. */
  readonly readToken?: ReadToken;
  /** Any 32 bits that whoever made the packets does not know. */
  readonly seed?: number;
}

/** What is told of all packets together. */
export interface TrackerCounts {
  /** TCP packets. */
  packets: number;
  /** Of them, those that the capture has twice; not counted in what follows. */
  copies: number;
  /** SYNs without ACK, and those of them that were sent again. */
  syns: number;
  synRetransmissions: number;
  synAcks: number;
  resets: number;
  /** ICMP errors about TCP, and those of them whose connection is not known. */
  icmpErrors: number;
  icmpStrays: number;
  /** Packets of connections that had been over for so long that they were given up. */
  late: number;
  /** Connections that were given up, to have room for others, while they may have gone on. */
  givenUp: number;
}

/**
 * Makes connections of packets, whatever was captured of them: both directions or one, from their SYN on or from later on,
 * with gaps and copies. Memory does not grow with their number.
 */
export class HandshakeTracker {
  readonly counts: TrackerCounts = {
    ...{ packets: 0, copies: 0, syns: 0, synRetransmissions: 0, synAcks: 0 },
    ...{ resets: 0, icmpErrors: 0, icmpStrays: 0, late: 0, givenUp: 0 },
  };
  readonly #onHandshake: (seen: HandshakeSeen) => void;
  readonly #readToken: ReadToken | undefined;
  readonly #table: ConnectionTable;
  readonly #copies: Copies;
  readonly #recent: RecentTuples;
  readonly #key: TupleKey;
  readonly #quote = new IcmpQuote();
  /** The packet at hand; one object for all. */
  readonly #seen: SeenPacket = {
    ...{ packet: this.#quote.packet, bytes: new Uint8Array(), atUs: Number.NaN, number: 0 },
  };

  constructor(options: TrackerOptions) {
    this.#onHandshake = options.onHandshake;
    this.#readToken = options.readToken;
    const capacity = options.capacity ?? CAPACITY;
    this.#table = new ConnectionTable(capacity);
    this.#copies = new Copies(capacity);
    this.#recent = new RecentTuples(2 ** Math.ceil(Math.log2(capacity * REMEMBERED)));
    this.#key = new TupleKey(options.seed ?? Math.floor(Math.random() * 2 ** 32));
  }

  /**
   * Takes a packet; what is neither TCP nor an ICMP error about it is passed over.
   * @param packet as decodeFrame() filled it, and found nothing amiss
   * @param bytes those that it was decoded from; neither is kept
   * @param atUs on any clock, may run backwards; NaN: not known
   * @param number of its frame
   */
  take(packet: Readonly<Packet>, bytes: Uint8Array, atUs: number, number: number): void {
    const seen = this.#seen;
    seen.packet = packet;
    seen.bytes = bytes;
    seen.atUs = atUs;
    seen.number = number;
    if (packet.protocol === PROTOCOL.TCP && packet.flags >= 0 && packet.seq >= 0) this.#takeTcp(seen);
    else if (packet.protocol === PROTOCOL.ICMP || packet.protocol === PROTOCOL.ICMPV6) this.#takeIcmp(seen);
  }

  /** Connections that are followed now; none may be changed. */
  *live(): Generator<HandshakeSeen> {
    for (const slot of this.#table.slots()) yield this.#table.connections[slot]!;
  }

  /** Gives up all that there are. */
  end(): void {
    for (const slot of this.#table.slots()) this.#giveUp(slot);
  }

  #takeTcp(seen: Readonly<SeenPacket>): void {
    const { packet, bytes, atUs } = seen;
    const key = this.#key;
    key.set(bytes, packet);
    const { isFromLower } = key;
    const found = this.#table.find(key);
    this.counts.packets += 1;
    if (found < 0 && (packet.flags & SYN) === 0 && this.#recent.isLate(key, atUs)) {
      this.counts.late += 1;
      this.#count(packet);
      return;
    }
    const slot = this.#isOfAnother(found, packet, isFromLower) ? this.#begin(found, seen) : found;
    const connection = this.#table.connections[slot]!;
    const isFromClient = connection.isClientLower === isFromLower;
    if (this.#copies.take(slot, packet, isFromClient, atUs)) {
      connection.copies += 1;
      this.counts.copies += 1;
      return;
    }
    this.#count(packet);
    if ((packet.flags & (SYN | ACK)) === SYN && isFromClient) {
      if (connection.synCount > 0) this.counts.synRetransmissions += 1;
      connection.takeSyn(seen);
    } else if ((packet.flags & (SYN | ACK)) === (SYN | ACK) && !isFromClient) connection.takeSynAck(seen);
    else if (isFromClient) connection.takeFromClient(seen, this.#readToken);
    else connection.takeFromServer(seen);
    this.#table.touch(slot, connection.end !== 'open');
  }

  #count({ flags }: Readonly<Packet>): void {
    const { counts } = this;
    if ((flags & RST) !== 0) counts.resets += 1;
    if ((flags & SYN) === 0) return;
    if ((flags & ACK) === 0) counts.syns += 1;
    else counts.synAcks += 1;
  }

  /** Whether a packet begins a connection, although there may be one with its addresses and ports. */
  #isOfAnother(slot: number, { flags, seq, ack }: Readonly<Packet>, isFromLower: boolean): boolean {
    if (slot < 0) return true;
    if ((flags & SYN) === 0) return false;
    const connection = this.#table.connections[slot]!;
    const isFromClient = connection.isClientLower === isFromLower;
    if ((flags & ACK) !== 0) return isFromClient ? connection.beganEarlier : !connection.mayBeAnsweredBy(ack);
    if (isFromClient) return !connection.mayBeginWith(seq);
    // From the other side: both may open one at once (RFC 9293 section 3.5), else it is another.
    return connection.beganEarlier || connection.end !== 'open';
  }

  /** @param old slot of the one before; -1: none is followed @returns slot of the new one */
  #begin(old: number, { packet, bytes, atUs }: Readonly<SeenPacket>): number {
    if (old >= 0) this.#giveUp(old);
    this.#makeRoom(atUs);
    const key = this.#key;
    const isToClient = isFromServer(packet);
    const connection = new Connection(
      endsOf(packet, bytes, isToClient),
      key,
      key.isFromLower !== isToClient,
      atUs,
    );
    connection.previousAtUs = this.#recent.lastAtUs(key);
    if (!Number.isNaN(connection.previousAtUs)) connection.previousEnd = this.#recent.endOf(key);
    const slot = this.#table.add(key, connection);
    this.#copies.clear(slot);
    return slot;
  }

  /** Gives up what has long been over, so that memory is taken for no longer than needed, and what there is no room for. */
  #makeRoom(atUs: number): void {
    const table = this.#table;
    // No more than two: one comes for each that goes.
    for (let given = 0; given < 2; given += 1) {
      const slot = table.oldestClosed;
      if (slot < 0 || !(atUs - table.connections[slot]!.lastAtUs > LINGER_US)) break;
      this.#giveUp(slot);
    }
    if (!table.isFull) return;
    const [closed, open] = [table.oldestClosed, table.oldestOpen];
    const isClosedOlder =
      open < 0 || (closed >= 0 && !(table.connections[open]!.lastAtUs < table.connections[closed]!.lastAtUs));
    if (!isClosedOlder) this.counts.givenUp += 1;
    this.#giveUp(isClosedOlder ? closed : open);
  }

  #giveUp(slot: number): void {
    const connection = this.#table.connections[slot]!;
    this.#table.remove(slot);
    this.#recent.put(connection.hash, connection.check, connection.lastAtUs, connection.end);
    this.#onHandshake(connection);
  }

  #takeIcmp(seen: Readonly<SeenPacket>): void {
    const quote = this.#quote;
    if (!quote.read(seen.bytes, seen.packet)) return;
    this.counts.icmpErrors += 1;
    this.#key.set(seen.bytes, quote.packet);
    const connection = this.#table.connections[this.#table.find(this.#key)];
    if (connection === undefined || connection.isClientLower !== this.#key.isFromLower) {
      this.counts.icmpStrays += 1;
      return;
    }
    connection.takeIcmp(
      (acknowledges) => readIcmpAnswer(seen, quote.seen(seen.bytes, seen.packet), acknowledges),
      quote.packet.seq,
    );
  }
}

/** Of a connection's first packet: a SYN tells who is who, and a SYN-ACK; else the lower port is taken for the server's. */
function isFromServer({ flags, sourcePort, destinationPort }: Readonly<Packet>): boolean {
  if ((flags & SYN) !== 0) return (flags & ACK) !== 0;
  return sourcePort < destinationPort;
}

function endsOf(packet: Readonly<Packet>, bytes: Uint8Array, isToClient: boolean): Ends {
  const { version, sourcePort, destinationPort } = packet;
  const count = addressBytes(version);
  const source = formatAddress(bytes.subarray(packet.sourceAt, packet.sourceAt + count));
  const destination = formatAddress(bytes.subarray(packet.destinationAt, packet.destinationAt + count));
  const family = version === 4 ? 4 : 6;
  return isToClient
    ? { family, client: destination, clientPort: destinationPort, server: source, serverPort: sourcePort }
    : { family, client: source, clientPort: sourcePort, server: destination, serverPort: destinationPort };
}
