import { constants } from 'node:os';
import { formatAddress } from '../../net/addresses.ts';
import { readU16, readU32 } from '../../net/wire/big-endian.ts';
import { foldSum, sumBytes } from '../../net/wire/checksum.ts';
import { ETHER_TYPE, ETHERNET_BYTES } from '../../net/wire/ethernet.ts';
import { IPV4_BYTES, IPV6_BYTES, PROTOCOL } from '../../net/wire/ip.ts';
import { ACK, FIN, RST, SYN } from '../../net/wire/packet.ts';
import { describeIcmp } from '../../outcome/refusal.ts';
import type { Closer } from './closer.ts';
import type { Connections } from './connections.ts';
import type { Exchange } from './exchange.ts';
import type { Handshake } from './handshake.ts';
import { Inbound, readI32 } from './inbound.ts';
import type { Segments } from './segments.ts';
import { FIN_WAIT, FREE, RESPONSE, SYN_SENT } from './slots.ts';
import type { Stream } from './stream.ts';

/** RFC 792, RFC 4443: destination unreachable and time exceeded. */
const ICMP_ERRORS: ReadonlySet<number> = new Set([3, 11]);
const ICMPV6_ERRORS: ReadonlySet<number> = new Set([1, 3]);
const ICMP_BYTES = 8;

const { ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EACCES, EPROTO, ENOPROTOOPT } = constants.errno;

/** As the kernel translates codes of type 3: icmp_err_convert (net/ipv4/icmp.c). */
const ERRNO_OF_UNREACHABLE: Readonly<Record<number, number>> = {
  0: ENETUNREACH,
  1: EHOSTUNREACH,
  2: ENOPROTOOPT,
  3: ECONNREFUSED,
  6: ENETUNREACH,
  // EHOSTDOWN, for host-unknown; Node has no name for it.
  7: 112,
  9: ENETUNREACH,
  10: EHOSTUNREACH,
  11: ENETUNREACH,
  12: EHOSTUNREACH,
  13: EHOSTUNREACH,
  14: EHOSTUNREACH,
  15: EHOSTUNREACH,
};

/** Codes of ICMPv6 type 1: tab_unreach (net/ipv6/icmp.c). */
const ERRNO_OF_UNREACHABLE_6: Readonly<Record<number, number>> = {
  0: ENETUNREACH,
  1: EACCES,
  2: EHOSTUNREACH,
  3: EHOSTUNREACH,
  4: ECONNREFUSED,
  5: EACCES,
  6: EACCES,
};

/**
 * Whether a segment's checksum is correct (RFC 9293 section 3.1).
 * @param addressesAt where both addresses of its IP header begin
 * @param at, to the segment
 */
function isIntact(
  bytes: Uint8Array,
  addressesAt: number,
  addressBytes: number,
  at: number,
  to: number,
): boolean {
  const addresses = sumBytes(bytes, addressesAt, addressesAt + 2 * addressBytes);
  return foldSum(addresses + PROTOCOL.TCP + (to - at) + sumBytes(bytes, at, to)) === 0xffff;
}

/** Reads packets, finds the connection of each, and passes them on to the handler for its state. */
export class Receiver {
  /** Where a segment without a connection is answered from: a slot that no connection uses. */
  readonly #stray: number;
  readonly #connections: Connections;
  readonly #segments: Segments;
  readonly #handshake: Handshake;
  readonly #stream: Stream;
  readonly #exchange: Exchange;
  readonly #closer: Closer;
  readonly #inbound = new Inbound();

  constructor(
    connections: Connections,
    segments: Segments,
    handshake: Handshake,
    stream: Stream,
    exchange: Exchange,
    closer: Closer,
  ) {
    this.#connections = connections;
    this.#segments = segments;
    this.#handshake = handshake;
    this.#stream = stream;
    this.#exchange = exchange;
    this.#closer = closer;
    this.#stray = connections.slots.take();
    connections.slots.phase[this.#stray] = FREE;
  }

  /**
   * Handles an Ethernet frame.
   * @param from, to its position in `bytes`
   * @param atUs when it came
   * @param isChecked the kernel vouches for its checksum; otherwise a wrong one makes it as good as lost
   */
  receive(bytes: Uint8Array, from: number, to: number, atUs: number, isChecked: boolean): void {
    const ip = from + ETHERNET_BYTES;
    const etherType = to - from < ETHERNET_BYTES ? 0 : readU16(bytes, from + 12);
    if (etherType === ETHER_TYPE.IPV4) this.#receiveIpv4(bytes, ip, to, atUs, isChecked);
    else if (etherType === ETHER_TYPE.IPV6) this.#receiveIpv6(bytes, ip, to, atUs, isChecked);
  }

  #receiveIpv4(bytes: Uint8Array, ip: number, end: number, atUs: number, isChecked: boolean): void {
    if (end - ip < IPV4_BYTES || bytes[ip]! >>> 4 !== 4) return;
    const headerBytes = (bytes[ip]! & 0xf) * 4;
    // Ethernet pads short packets; if segmentation is left to the device, a length of 0 means "to the end".
    const length = readU16(bytes, ip + 2);
    const to = length === 0 ? end : Math.min(end, ip + length);
    // A later fragment has no ports; the first one is not the whole.
    if (headerBytes < IPV4_BYTES || ip + headerBytes > to || (readU16(bytes, ip + 6) & 0x3fff) !== 0) return;
    const { flows } = this.#connections;
    const local = flows.locals.findIpv4(readU32(bytes, ip + 16));
    if (local < 0) return;
    const at = ip + headerBytes;
    if (bytes[ip + 9] === PROTOCOL.ICMP) {
      this.#receiveIcmp(bytes, at, to, local, ip + 12, atUs);
      return;
    }
    if (bytes[ip + 9] !== PROTOCOL.TCP || !this.#inbound.read(bytes, at, to)) return;
    if (length > end - ip) this.#inbound.cutOff();
    else if (!isChecked && length > 0 && !isIntact(bytes, ip + 12, 4, at, to)) return;
    const remote = flows.findRemoteIpv4(readU32(bytes, ip + 12), readU16(bytes, at));
    if (remote >= 0) this.#dispatch(remote, local, readU16(bytes, at + 2), atUs);
  }

  #receiveIpv6(bytes: Uint8Array, ip: number, end: number, atUs: number, isChecked: boolean): void {
    if (end - ip < IPV6_BYTES) return;
    const length = readU16(bytes, ip + 4);
    const at = ip + IPV6_BYTES;
    const to = length === 0 ? end : Math.min(end, at + length);
    const { flows } = this.#connections;
    const local = flows.findLocalIpv6(bytes, ip + 24);
    if (local < 0) return;
    if (bytes[ip + 6] === PROTOCOL.ICMPV6) {
      this.#receiveIcmpv6(bytes, at, to, local, ip + 8, atUs);
      return;
    }
    if (bytes[ip + 6] !== PROTOCOL.TCP || !this.#inbound.read(bytes, at, to)) return;
    if (length > end - at) this.#inbound.cutOff();
    else if (!isChecked && length > 0 && !isIntact(bytes, ip + 8, 16, at, to)) return;
    const remote = flows.findRemoteIpv6(bytes, ip + 8, readU16(bytes, at));
    if (remote >= 0) this.#dispatch(remote, local, readU16(bytes, at + 2), atUs);
  }

  #dispatch(remote: number, local: number, port: number, atUs: number): void {
    const connections = this.#connections;
    const slot = connections.flows.find(remote, local, port);
    const segment = this.#inbound;
    segment.atUs = atUs;
    if (slot < 0) {
      this.#answerStray(remote, local, port);
      return;
    }
    connections.nowUs = Math.max(connections.nowUs, atUs);
    if (connections.slots.phase[slot] !== SYN_SENT) {
      this.#stream.receive(slot, segment);
      return;
    }
    if (!this.#handshake.receive(slot, segment)) return;
    this.#stream.acknowledgeHandshake(slot);
    this.#exchange.begin(slot);
    // Data or FIN may ride on a SYN-ACK (TCP Fast Open); they take their own sequence numbers.
    const hasMore = segment.to > segment.from || (segment.flags & FIN) !== 0;
    if (!hasMore || connections.flows.find(remote, local, port) !== slot) return;
    segment.seq = (segment.seq + 1) | 0;
    segment.flags &= ~SYN;
    this.#stream.receive(slot, segment);
  }

  /**
   * A segment of no connection: of one that is over, because its far end missed the last acknowledgement (RFC 9293
   * section 3.10.7.8 answers a FIN again in TIME-WAIT), or of one that this client never had, which is reset.
   */
  #answerStray(remote: number, local: number, port: number): void {
    const { slots, flows, arms } = this.#connections;
    const { flags, seq, ack, from, to } = this.#inbound;
    if ((flags & RST) !== 0 || !flows.ownsPort(port)) return;
    const arm = arms.findIndex((_, index) => flows.arms[index]!.remotes.includes(remote));
    const slot = this.#stray;
    slots.arm[slot] = arm;
    slots.remote[slot] = remote;
    slots.local[slot] = local;
    slots.port[slot] = port;
    slots.flags[slot] = 0;
    if ((flags & (FIN | SYN)) === FIN) this.#segments.write(slot, ACK, ack, (seq + to - from + 1) | 0);
    else if ((flags & ACK) !== 0) this.#segments.write(slot, RST, ack, 0);
  }

  #receiveIcmp(
    bytes: Uint8Array,
    at: number,
    to: number,
    local: number,
    senderAt: number,
    atUs: number,
  ): void {
    if (to - at < ICMP_BYTES + IPV4_BYTES + 8 || !ICMP_ERRORS.has(bytes[at]!)) return;
    const inner = at + ICMP_BYTES;
    const tcp = inner + (bytes[inner]! & 0xf) * 4;
    if (bytes[inner + 9] !== PROTOCOL.TCP || tcp + 8 > to) return;
    const { flows } = this.#connections;
    const remote = flows.findRemoteIpv4(readU32(bytes, inner + 16), readU16(bytes, tcp + 2));
    const [type, code] = [bytes[at]!, bytes[at + 1]!];
    const errno = type === 11 ? EHOSTUNREACH : (ERRNO_OF_UNREACHABLE[code] ?? 0);
    const slot = this.#findAsking(remote, local, bytes, tcp);
    if (slot < 0 || errno === 0) return;
    const sender = formatAddress(bytes.subarray(senderAt, senderAt + 4));
    this.#fail(slot, errno, describeIcmp(4, type, code, sender), atUs);
  }

  #receiveIcmpv6(
    bytes: Uint8Array,
    at: number,
    to: number,
    local: number,
    senderAt: number,
    atUs: number,
  ): void {
    const inner = at + ICMP_BYTES;
    const tcp = inner + IPV6_BYTES;
    if (tcp + 8 > to || !ICMPV6_ERRORS.has(bytes[at]!) || bytes[inner + 6] !== PROTOCOL.TCP) return;
    const { flows } = this.#connections;
    const remote = flows.findRemoteIpv6(bytes, inner + 24, readU16(bytes, tcp + 2));
    const [type, code] = [bytes[at]!, bytes[at + 1]!];
    const errno = type === 3 ? EHOSTUNREACH : (ERRNO_OF_UNREACHABLE_6[code] ?? EPROTO);
    const slot = this.#findAsking(remote, local, bytes, tcp);
    if (slot < 0 || errno === 0) return;
    const sender = formatAddress(bytes.subarray(senderAt, senderAt + 16));
    this.#fail(slot, errno, describeIcmp(6, type, code, sender), atUs);
  }

  /**
   * The connection whose SYN an ICMP error quotes; -1 if it is about anything else. The sequence number tells it from an
   * older connection of the same address and port.
   */
  #findAsking(remote: number, local: number, bytes: Uint8Array, tcp: number): number {
    const { flows, slots, active } = this.#connections;
    const slot = remote < 0 ? -1 : flows.find(remote, local, readU16(bytes, tcp));
    if (slot < 0 || slots.phase[slot] !== SYN_SENT) return -1;
    return active.iss[slots.active[slot]!] === readI32(bytes, tcp + 4) ? slot : -1;
  }

  /** An ICMP error ends a handshake, as it does in the kernel; an established connection continues (RFC 5461). */
  #fail(slot: number, errno: number, refusedBy: string, atUs: number): void {
    const connections = this.#connections;
    connections.nowUs = Math.max(connections.nowUs, atUs);
    this.#handshake.fail(slot, errno, refusedBy);
  }

  /** Something that was sent has not been answered in time. */
  resend(slot: number): void {
    const { slots } = this.#connections;
    const phase = slots.phase[slot]!;
    if (phase === SYN_SENT) this.#handshake.resend(slot);
    else if (phase >= FIN_WAIT) this.#closer.resend(slot);
    else if (phase >= RESPONSE) this.#stream.resend(slot);
  }
}
