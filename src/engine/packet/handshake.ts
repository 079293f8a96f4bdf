import { constants } from 'node:os';
import { ACK, ECE, RST, SYN } from '../../net/wire/packet.ts';
import { RST as RESET } from '../../outcome/refusal.ts';
import type { Closer } from './closer.ts';
import { HANDSHAKE_DEADLINE } from './connection-deadlines.ts';
import type { Connections } from './connections.ts';
import type { Inbound } from './inbound.ts';
import type { ResendQueues } from './resend-queues.ts';
import type { Segments } from './segments.ts';
import { FREE, RESPONSE, SYN_SENT, TIMESTAMPS } from './slots.ts';

const { ECONNREFUSED, EADDRINUSE, EADDRNOTAVAIL, ENOBUFS, ETIMEDOUT } = constants.errno;

/** TCP_INFO's option bits. */
const INFO_TIMESTAMPS = 1;
const INFO_SACK = 2;
const INFO_WINDOW_SCALE = 4;
const INFO_ECN = 8;

/** What a far end that offers no segment size takes (RFC 9293 section 3.7.1); IPv6 has 20 bytes less of 1,280. */
const LEAST_MSS = 536;

/** Length of the timestamps option in every segment, with its padding. */
const STAMP_BYTES = 12;

/** RFC 6298 section 2.1. */
const FIRST_WAIT_US = 1_000_000;

/** From the SYN to the SYN-ACK, or whatever arrives instead. */
export class Handshake {
  readonly #connections: Connections;
  readonly #segments: Segments;
  readonly #resends: ResendQueues;
  readonly #closer: Closer;

  constructor(connections: Connections, segments: Segments, resends: ResendQueues, closer: Closer) {
    this.#connections = connections;
    this.#segments = segments;
    this.#resends = resends;
    this.#closer = closer;
  }

  /** Sends the SYN, or settles the attempt if its port is taken or the device takes nothing. */
  begin(slot: number, source: number, sourcePort: number): void {
    const connections = this.#connections;
    const { slots, active, flows } = connections;
    const arm = slots.arm[slot]!;
    const index = slots.active[slot]!;
    const endpoint = active.endpoint[index]!;
    const { remotes, locals, ownLocals } = flows.arms[arm]!;
    const remote = remotes[endpoint]!;
    const local = source < 0 ? ownLocals[endpoint]! : locals[source]!;
    const port = sourcePort === 0 ? flows.choosePort(arm, remote, local) : sourcePort;
    active.source[index] = source;
    active.startedAtUs[index] = connections.nowUs;
    slots.phase[slot] = FREE;
    if (port < 0) {
      this.#refuse(slot, EADDRNOTAVAIL);
      return;
    }
    slots.port[slot] = port;
    if (!flows.hasPort(port) || flows.find(remote, local, port) >= 0) {
      this.#refuse(slot, EADDRINUSE);
      return;
    }
    slots.remote[slot] = remote;
    slots.local[slot] = local;
    const iss = this.#segments.isnAt(slot, connections.nowUs);
    active.iss[index] = iss;
    slots.sndNxt[slot] = (iss + 1) | 0;
    if (!this.#segments.writeSyn(slot, iss, 0, slot + 1)) {
      this.#refuse(slot, ENOBUFS);
      return;
    }
    slots.phase[slot] = SYN_SENT;
    flows.set(remote, local, port, slot);
    connections.deadlines.set(slot, HANDSHAKE_DEADLINE, connections.nowUs);
  }

  /** Called once a SYN has been sent: its time is counted from there. */
  sent(slot: number, atUs: number): void {
    const { slots, active } = this.#connections;
    if (slots.phase[slot] !== SYN_SENT) return;
    const index = slots.active[slot]!;
    if (active.synRetransmits[index] === 0) active.startedAtUs[index] = atUs;
    active.sentAtUs[index] = atUs;
    this.#awaitAnswer(slot, index, atUs);
  }

  /** @returns whether the connection is established: the SYN-ACK is yet to be acknowledged */
  receive(slot: number, segment: Inbound): boolean {
    const connections = this.#connections;
    const { slots } = connections;
    const { flags, ack } = segment;
    // Without ACK, nothing identifies the connection (RFC 9293 section 3.10.7.3).
    if ((flags & ACK) === 0) return false;
    if (ack !== slots.sndNxt[slot]) {
      if ((flags & RST) === 0) this.#meetChallenge(slot, ack);
      return false;
    }
    if ((flags & RST) !== 0) {
      connections.refusedBy = RESET;
      this.#settle(slot, ECONNREFUSED);
      return false;
    }
    if ((flags & SYN) === 0) return false;
    this.#establish(slot, segment);
    return true;
  }

  /** An ICMP error about the SYN. @param errno as the kernel would report it @param refusedBy see outcome/refusal.ts */
  fail(slot: number, errno: number, refusedBy: string): void {
    this.#connections.refusedBy = refusedBy;
    this.#settle(slot, errno);
  }

  /** Sends the SYN again, or gives up where the client would. */
  resend(slot: number): void {
    const { slots, active } = this.#connections;
    const index = slots.active[slot]!;
    const { synWaitsUs } = this.#segments.clientOf(slot);
    const limit = this.#connections.armOf(slot).socket.synCount ?? synWaitsUs.length;
    if (active.resends[index]! >= Math.min(limit, synWaitsUs.length)) {
      this.#settle(slot, ETIMEDOUT);
      return;
    }
    active.resends[index] = active.resends[index]! + 1;
    this.#sendAgain(slot, index);
  }

  expire(slot: number): void {
    this.#connections.settle(slot, 'handshake', 'timeout', 0);
    this.#closer.forget(slot);
    this.#connections.notifySettled();
  }

  /**
   * An acknowledgement of something else: the far end holds an older connection of this address and port. An RST makes
   * it drop that one, so that the next SYN can succeed (RFC 9293 section 3.10.7.3, figure 9).
   */
  #meetChallenge(slot: number, ack: number): void {
    const { slots, active } = this.#connections;
    const index = slots.active[slot]!;
    this.#segments.write(slot, RST, ack, 0);
    // As Linux: at once, but only the first time (tcp_rcv_synsent_state_process()).
    if (active.resends[index] === 0) this.#sendAgain(slot, index);
  }

  #sendAgain(slot: number, index: number): void {
    const { active } = this.#connections;
    active.synRetransmits[index] = active.synRetransmits[index]! + 1;
    this.#segments.writeSyn(slot, active.iss[index]!, active.synRetransmits[index]!, slot + 1);
  }

  #awaitAnswer(slot: number, index: number, sentAtUs: number): void {
    const { active } = this.#connections;
    const { synWaitsUs } = this.#segments.clientOf(slot);
    // After the last SYN it waits once more, twice as long, like a doubling timer.
    const waitUs = synWaitsUs[active.resends[index]!] ?? 2 * (synWaitsUs.at(-1) ?? FIRST_WAIT_US);
    active.resendAtUs[index] = this.#resends.add(slot, waitUs, sentAtUs);
  }

  #establish(slot: number, segment: Inbound): void {
    const connections = this.#connections;
    const { slots, active } = connections;
    const index = slots.active[slot]!;
    const ownMss = this.#segments.ownMss(slot);
    const { synOptions, ecn } = this.#segments.clientOf(slot);
    const hasStamps = segment.hasStamps && synOptions.includes('timestamps');
    slots.rcvNxt[slot] = (segment.seq + 1) | 0;
    slots.peerStamp[slot] = hasStamps ? segment.stamp : 0;
    slots.flags[slot] = hasStamps ? TIMESTAMPS : 0;
    slots.phase[slot] = RESPONSE;
    const mss = Math.min(ownMss, segment.mss > 0 ? segment.mss : LEAST_MSS);
    active.mss[index] = Math.max(1, mss - (hasStamps ? STAMP_BYTES : 0));
    const scales = segment.windowShift >= 0 && synOptions.includes('window-scale');
    active.windowShift[index] = scales ? segment.windowShift : 0;
    active.window[index] = segment.window;
    const isEcn = ecn !== 'off' && (segment.flags & ECE) !== 0;
    active.tcpOptions[index] =
      (hasStamps ? INFO_TIMESTAMPS : 0) |
      (segment.hasSack && synOptions.includes('sack-permitted') ? INFO_SACK : 0) |
      (scales ? INFO_WINDOW_SCALE : 0) |
      (isEcn ? INFO_ECN : 0);
    active.resendAtUs[index] = Number.POSITIVE_INFINITY;
    active.resends[index] = 0;
    const establishedAtUs = Math.max(segment.atUs, active.startedAtUs[index]!);
    active.establishedAtUs[index] = establishedAtUs;
    active.rttUs[index] = this.#rtt(slot, index, segment, hasStamps, establishedAtUs);
    connections.nowUs = Math.max(connections.nowUs, establishedAtUs);
    connections.deadlines.clear(slot);
    connections.establish(slot);
  }

  /** After a retransmission only an echoed timestamp shows which SYN was answered (RFC 7323 section 4); otherwise 0. */
  #rtt(slot: number, index: number, segment: Inbound, hasStamps: boolean, establishedAtUs: number): number {
    const { active } = this.#connections;
    const startedAtUs = active.startedAtUs[index]!;
    const sinceFirst = Math.max(1, establishedAtUs - startedAtUs);
    if (active.synRetransmits[index] === 0) return sinceFirst;
    if (!hasStamps) return 0;
    const sentAtUs = active.sentAtUs[index]!;
    const answersLast = segment.echo === this.#segments.stampAt(slot, sentAtUs);
    const echoAgeTicks = (this.#segments.stampAt(slot, establishedAtUs) - segment.echo) | 0;
    if (answersLast) return Math.max(1, establishedAtUs - sentAtUs);
    const { timestampHz } = this.#segments.clientOf(slot);
    return Math.max(1, Math.min(sinceFirst, Math.round((echoAgeTicks * 1_000_000) / timestampHz)));
  }

  #settle(slot: number, errno: number): void {
    this.#connections.settle(slot, 'handshake', 'errno', errno);
    this.#closer.forget(slot);
    this.#connections.notifySettled();
  }

  /** Before a SYN could be sent. The slot has no entry in the flows yet. */
  #refuse(slot: number, errno: number): void {
    this.#connections.settle(slot, 'start', 'errno', errno);
    this.#closer.forgetUnsent(slot);
    this.#connections.notifySettled();
  }
}
