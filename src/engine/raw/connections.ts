import { constants } from 'node:os';
import {
  createTcpInfo,
  keepIcmpErrors,
  type Libc,
  readLocalPort,
  readRefusal,
  readTcpInfo,
  resetOnClose,
} from '../../net/index.ts';
import type { AttemptPhase, EndCause, Lack } from '../../outcome/classify.ts';
import { isSampled } from '../../outcome/sample.ts';
import { ALL_MET, createAttemptRecord } from '../blank-record.ts';
import { chooseHoldAge, FIRST_LOOK_US, listHoldAgesUs, NEXT_LOOK_US } from '../holding.ts';
import { Contents } from '../http/contents.ts';
import { ErrorHeads } from '../http/error-name.ts';
import { ResponseParser } from '../http/response-parser.ts';
import { diagnoseRefusal } from '../lack.ts';
import { mayHaveResent } from '../resent.ts';
import type { AttemptObserver, Endpoint, EngineArm } from '../types.ts';
import { fillRecord } from './attempt-record.ts';
import { AUTHORISED, ConnectionTable, PROVING, RESPONSE } from './connection-table.ts';
import { DeadlineLists } from './deadline-lists.ts';
import type { PreparedArm } from './prepared-arm.ts';
import type { Reactor } from './reactor.ts';

/** The names of the table's phases, by number. */
const PHASES: readonly AttemptPhase[] = ['start', 'handshake', 'response', 'closing', 'held', 'held'];

/** Deadlines of an arm: one list each, because each is a constant time ahead. */
export const HANDSHAKE_DEADLINE = 0;
/** For the complete response, and again for the far end's FIN. */
export const RESPONSE_DEADLINE = 1;
/** For the first age at which connections have been held long enough; lists for later ages follow it. */
const HOLD_DEADLINE = 2;
/** Deadlines of all arms: when to check for the answer to a keep-alive. */
export const FIRST_LOOK = 0;
export const NEXT_LOOK = 1;

/** The state of all open connections, and the two events reported to an observer. */
export class Connections {
  readonly table: ConnectionTable;
  readonly deadlines: DeadlineLists;
  readonly parser: ResponseParser;
  readonly arms: readonly PreparedArm[];
  /** Undefined if no arm checks content. */
  readonly contents: Contents | undefined;
  readonly errors = new ErrorHeads();
  /** Descriptors of proved connections that stay open until all of their arm have been. */
  readonly kept: number[] = [];
  /**
   * Time of the event being handled; the handler sets it first. Passed as an argument, a number that is not a small
   * integer allocates 16 bytes of heap per call; a field stores it in place.
   */
  nowUs = -0.5;
  /** What the next attempt to be settled was offered instead of its scheme; reset to empty afterwards. */
  schemesOffered = '';
  /** What this machine lacks for the next attempt to be settled; reset afterwards. */
  lacks: Lack = 'nothing known';
  readonly #libc: Libc;
  readonly #reactor: Reactor;
  readonly #observer: AttemptObserver;
  /** The single record shown to the observer, reused for each attempt. */
  readonly #record = createAttemptRecord();
  readonly #tcpInfo = createTcpInfo();
  /** By arm: ages at which its connections have been held long enough. */
  readonly #agesUs: readonly (readonly number[])[];
  /** By arm: its first deadline list; the last entry is the list of keep-alive checks. */
  readonly #lists: readonly number[];

  constructor(
    libc: Libc,
    reactor: Reactor,
    arms: readonly PreparedArm[],
    observer: AttemptObserver,
    maxOpen: number,
  ) {
    this.#libc = libc;
    this.#reactor = reactor;
    this.arms = arms;
    this.#observer = observer;
    this.table = new ConnectionTable(maxOpen);
    this.#agesUs = arms.map(({ arm }) => listHoldAgesUs(arm));
    const durationsUs = arms.map(({ arm }, index) => [
      arm.handshakeTimeoutUs,
      arm.responseTimeoutUs,
      ...this.#agesUs[index]!,
    ]);
    let lists = 0;
    this.#lists = [...durationsUs, []].map(({ length }) => {
      lists += length;
      return lists - length;
    });
    this.deadlines = new DeadlineLists(maxOpen, [...durationsUs.flat(), FIRST_LOOK_US, NEXT_LOOK_US]);
    this.parser = new ResponseParser(maxOpen);
    this.contents = Contents.of(
      arms.map(({ arm }) => arm),
      this.parser,
    );
  }

  armOf(slot: number): EngineArm {
    return this.preparedOf(slot).arm;
  }

  preparedOf(slot: number): PreparedArm {
    return this.arms[this.table.arm[slot]!]!;
  }

  phaseOf(slot: number): AttemptPhase {
    return PHASES[this.table.phase[slot]!]!;
  }

  setDeadline(slot: number, deadline: number): void {
    this.deadlines.set(slot, this.#lists[this.table.arm[slot]!]! + deadline, this.nowUs);
  }

  /** Sets the deadline from now to the age assigned to this connection. */
  setHoldDeadline(slot: number): void {
    this.setDeadline(slot, HOLD_DEADLINE + this.#chooseAge(slot));
  }

  /** How long a connection is to be held. */
  holdAgeUs(slot: number): number {
    return this.#agesUs[this.table.arm[slot]!]![this.#chooseAge(slot)]!;
  }

  setLook(slot: number, look: number): void {
    this.deadlines.set(slot, this.#lists[this.arms.length]! + look, this.nowUs);
  }

  /** Watches again a connection whose handshake is still in progress, or whose send buffer is full. */
  watchOn(slot: number): void {
    this.#reactor.watchOn(slot);
  }

  /** Records that the handshake is complete, reads TCP_INFO and notifies the observer. */
  establish(slot: number): void {
    this.table.establishedAtUs[slot] = this.nowUs;
    this.table.phase[slot] = RESPONSE;
    this.#noteTcpInfo(slot);
    if (this.table.synRetransmits[slot]! > 0 || isSampled(this.table.arm[slot]!, this.table.attempt[slot]!))
      this.#notePort(slot);
    keepIcmpErrors(this.table.fd[slot]!, this.#familyOf(slot), false);
    fillRecord(this.#record, this.table, slot);
    this.#writeEnd('response', 'none', 0, 0);
    this.#record.endedAtUs = -1;
    this.#observer.established(this.#record);
  }

  /**
   * Closes the descriptor, frees the slot and notifies the observer, in that order: it may start the next attempt.
   */
  settle(slot: number, phase: AttemptPhase, cause: EndCause, errno: number): void {
    const { table } = this;
    const fd = table.fd[slot]!;
    const isEstablished = table.establishedAtUs[slot] !== -1;
    const refusedBy = this.#refusedBy(slot, phase, errno);
    if (refusedBy !== '') this.lacks = diagnoseRefusal(refusedBy, this.#endpointOf(slot));
    // TCP_INFO is lost with the descriptor.
    if (phase === 'handshake') this.#noteTcpInfo(slot);
    else this.noteResent(slot);
    if (cause !== 'none') this.#notePort(slot);
    if (fd >= 0) {
      this.#reactor.forget(slot);
      const { close, holdsTogether } = this.armOf(slot);
      if (isEstablished && close === 'reset') resetOnClose(fd);
      // Its events are told at most once more, for a generation that is over.
      if (holdsTogether === true && cause === 'none' && table.phase[slot] === PROVING) this.kept.push(fd);
      else this.#libc.close(fd);
    }
    const status = isEstablished ? this.#statusOf(slot, cause) : 0;
    fillRecord(this.#record, table, slot);
    this.#writeEnd(phase, cause, errno, status);
    this.#record.unmet = this.contents?.take(slot) ?? ALL_MET;
    this.#record.schemesOffered = this.schemesOffered;
    this.schemesOffered = '';
    this.#record.refusedBy = refusedBy;
    this.#record.errorName = this.errors.take(slot, status);
    this.#record.lacks = this.lacks;
    this.lacks = 'nothing known';
    this.#record.challengeStatus = this.#challengeStatusOf(slot);
    this.#record.endedAtUs = this.nowUs;
    this.deadlines.clear(slot);
    table.free(slot);
    this.#observer.settled(this.#record);
  }

  /** Read through the descriptor, so only while it is open. In the phase `start` only loopback can refuse. */
  #refusedBy(slot: number, phase: AttemptPhase, errno: number): string {
    const fd = this.table.fd[slot]!;
    const isAnswer = phase === 'handshake' || (phase === 'start' && errno === constants.errno.ECONNREFUSED);
    return isAnswer && errno !== 0 && fd >= 0 ? readRefusal(fd, this.#familyOf(slot), errno) : '';
  }

  /** Of a connection that failed, or that is looked at: the port that the system chose for it. */
  #notePort(slot: number): void {
    const { sourcePort, fd } = this.table;
    if (sourcePort[slot] === 0 && fd[slot]! >= 0) sourcePort[slot] = readLocalPort(fd[slot]!);
  }

  #familyOf(slot: number): 4 | 6 {
    return this.#endpointOf(slot).family;
  }

  #endpointOf(slot: number): Endpoint {
    return this.armOf(slot).endpoints[this.table.endpoint[slot]!]!;
  }

  /**
   * Records, once, retransmissions since the handshake; what is sent while the connection is held is not part of a
   * request.
   */
  noteResent(slot: number): void {
    const { table } = this;
    const synRetransmits = table.synRetransmits[slot]!;
    const establishedAtUs = table.establishedAtUs[slot]!;
    if (establishedAtUs === -1 || synRetransmits === -1 || table.requestRetransmits[slot] !== -1) return;
    const sent = table.sent[slot]!;
    // If the answer to a challenge was never sent, the request before it was.
    if (sent === 0 && table.challengedAtUs[slot] === -1) return;
    table.requestRetransmits[slot] = 0;
    if (!mayHaveResent(this.nowUs - establishedAtUs, sent, table.mss[slot]!)) return;
    const info = this.#tcpInfo;
    readTcpInfo(table.fd[slot]!, info);
    table.requestRetransmits[slot] = info.totalRetransmits < 0 ? -1 : info.totalRetransmits - synRetransmits;
    if (table.bytes[slot]! > 0) table.minRttUs[slot] = info.minRttUs;
  }

  closeKept(): void {
    for (const fd of this.kept.splice(0)) this.#libc.close(fd);
  }

  /** Settles as done: everything the arm asked for has happened. */
  settleDone(slot: number): void {
    this.settle(slot, 'done', 'none', 0);
  }

  /** If credentials got no response, the last status is that of the challenge. */
  #statusOf(slot: number, cause: EndCause): number {
    const { request, auth } = this.armOf(slot);
    if (request === undefined) return 0;
    return cause === 'challenged' && auth !== undefined ? auth.status : this.parser.status(slot);
  }

  /** Status of a challenge that was answered with credentials; 0 if there was none. */
  #challengeStatusOf(slot: number): number {
    const { credentials, challengedAtUs } = this.table;
    const isAnswering = credentials[slot] === AUTHORISED && challengedAtUs[slot] !== -1;
    return isAnswering ? (this.armOf(slot).auth?.status ?? 0) : 0;
  }

  #chooseAge(slot: number): number {
    const { length } = this.#agesUs[this.table.arm[slot]!]!;
    return chooseHoldAge(this.table.attempt[slot]!, this.armOf(slot), length);
  }

  #writeEnd(phase: AttemptPhase, cause: EndCause, errno: number, status: number): void {
    const record = this.#record;
    record.phase = phase;
    record.cause = cause;
    record.errno = errno;
    record.status = status;
  }

  #noteTcpInfo(slot: number): void {
    const { table } = this;
    const info = this.#tcpInfo;
    readTcpInfo(table.fd[slot]!, info);
    table.synRetransmits[slot] = info.totalRetransmits;
    if (table.establishedAtUs[slot] === -1) return;
    table.rttUs[slot] = info.rttUs;
    table.mss[slot] = info.mss;
    table.tcpOptions[slot] = info.options;
  }
}
