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

/** Connections tracked at once: some 1.5 kB each. */
const CAPACITY = 32_768;
/** How long a closed connection is still tracked: an acknowledgement may follow, or a retransmitted FIN. */
const LINGER_US = 4_000_000;
/** Dropped connections whose time is remembered, for each tracked one: 13 bytes each. */
const REMEMBERED = 8;

export interface TrackerOptions {
  /**
   * Called for each connection when it is dropped: some seconds after it closed, when its addresses and ports are reused,
   * when there is no room for it, and at the end.
   */
  readonly onHandshake: (seen: HandshakeSeen) => void;
  /** Connections tracked at once, 1 or more. If there are more, the one idle for the longest time is dropped. */
  readonly capacity?: number;
  /** Finds what distinguishes connections in the first bytes of their clients. */
  readonly readToken?: ReadToken;
  /** Any 32 bits that the sender of the packets does not know. */
  readonly seed?: number;
}

/** Figures over all packets. */
export interface TrackerCounts {
  /** TCP packets. */
  packets: number;
  /** Of these, duplicates in the capture; not counted below. */
  copies: number;
  /** SYNs without ACK, and the retransmissions among them. */
  syns: number;
  synRetransmissions: number;
  synAcks: number;
  resets: number;
  /** ICMP errors about TCP, and those about an unknown connection. */
  icmpErrors: number;
  icmpStrays: number;
  /** Packets of connections that had been closed for so long that they were dropped. */
  late: number;
  /** Connections dropped to make room for others, although they may have continued. */
  givenUp: number;
}

/**
 * Assembles packets into connections, however they were captured: both directions or one, from their SYN on or from later
 * on, with gaps and duplicates. Memory does not grow with the number of packets.
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
  /** The current packet; one object for all. */
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
   * Takes a packet; anything but TCP and ICMP errors about TCP is ignored.
   * @param packet as filled by decodeFrame() without a fault
   * @param bytes the bytes it was decoded from; neither is kept
   * @param atUs on any clock, may run backwards; NaN if unknown
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

  /** Connections tracked now; they must not be modified. */
  *live(): Generator<HandshakeSeen> {
    for (const slot of this.#table.slots()) yield this.#table.connections[slot]!;
  }

  /** Drops all connections. */
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

  /** Whether a packet starts a connection, even if one with its addresses and ports exists. */
  #isOfAnother(slot: number, { flags, seq, ack }: Readonly<Packet>, isFromLower: boolean): boolean {
    if (slot < 0) return true;
    if ((flags & SYN) === 0) return false;
    const connection = this.#table.connections[slot]!;
    const isFromClient = connection.isClientLower === isFromLower;
    if ((flags & ACK) !== 0) return isFromClient ? connection.beganEarlier : !connection.mayBeAnsweredBy(ack);
    if (isFromClient) return !connection.mayBeginWith(seq);
    // From the other side: a simultaneous open (RFC 9293 section 3.5), otherwise another connection.
    return connection.beganEarlier || connection.end !== 'open';
  }

  /** @param old slot of the previous connection; -1: none is tracked @returns slot of the new one */
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

  /** Drops connections closed long ago, to free memory early, and those for which there is no room. */
  #makeRoom(atUs: number): void {
    const table = this.#table;
    // At most two: one arrives for each that leaves.
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

/** From a connection's first packet: SYN and SYN-ACK identify the client; otherwise the lower port counts as the server's. */
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
