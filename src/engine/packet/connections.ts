import type { AttemptPhase, EndCause, Lack } from '../../outcome/classify.ts';
import { ALL_MET, createAttemptRecord } from '../blank-record.ts';
import { chooseHoldAge, listHoldAgesUs } from '../holding.ts';
import { Contents } from '../http/contents.ts';
import { ErrorHeads } from '../http/error-name.ts';
import { ResponseParser } from '../http/response-parser.ts';
import type { AttemptObserver, EngineArm } from '../types.ts';
import { ActiveTable, AUTHORISED } from './active-table.ts';
import { ConnectionDeadlines } from './connection-deadlines.ts';
import type { Flows } from './flows.ts';
import { HeldTimes } from './held-times.ts';
import { NONE, Slots } from './slots.ts';

/** The names of the phases of attempts that have not settled, by number. */
const PHASES: readonly AttemptPhase[] = ['start', 'handshake', 'response', 'closing', 'held', 'held'];

/** Connections that may be closing in addition to those that are open. */
const MAX_LINGERING = 65_536;

/** The state of all connections, and the two events reported to an observer. */
export class Connections {
  readonly arms: readonly EngineArm[];
  readonly flows: Flows;
  readonly slots: Slots;
  readonly active: ActiveTable;
  readonly deadlines: ConnectionDeadlines;
  readonly parser: ResponseParser;
  /** Undefined if no arm checks content. */
  readonly contents: Contents | undefined;
  readonly errors = new ErrorHeads();
  /** Time of the event being handled; the handler sets it first. */
  nowUs = -0.5;
  /** What the next attempt to be settled was offered instead of its scheme; reset to empty afterwards. */
  schemesOffered = '';
  /** What answered the SYN of the next attempt to be settled; reset to empty afterwards. */
  refusedBy = '';
  /** What this machine lacks for the next attempt to be settled; reset afterwards. */
  lacks: Lack = 'nothing known';
  /** Attempts that have not settled. */
  open = 0;
  readonly #observer: AttemptObserver;
  readonly #record = createAttemptRecord();
  readonly #agesUs: readonly (readonly number[])[];
  /** By arm: the number of the last attempt begun, which those open are near to. */
  readonly #lastAttempt: Float64Array;
  /** Of connections that are held without a request, by slot. */
  readonly #heldTimes: HeldTimes;
  /** By arm: source of each local address. */
  readonly #sourceOf: readonly Int32Array[];

  constructor(arms: readonly EngineArm[], flows: Flows, observer: AttemptObserver, maxOpen: number) {
    this.arms = arms;
    this.flows = flows;
    this.#observer = observer;
    const capacity = maxOpen + Math.min(maxOpen, MAX_LINGERING) + 1;
    this.slots = new Slots(capacity);
    this.active = new ActiveTable(capacity);
    this.parser = new ResponseParser(arms.some(({ request }) => request !== undefined) ? capacity : 0);
    this.contents = Contents.of(arms, this.parser);
    this.#agesUs = arms.map(listHoldAgesUs);
    this.deadlines = new ConnectionDeadlines(arms, this.#agesUs, this.slots, this.active, capacity);
    this.#lastAttempt = new Float64Array(arms.length);
    this.#heldTimes = new HeldTimes(capacity);
    this.#sourceOf = flows.arms.map(({ locals }) => {
      const sources = new Int32Array(flows.locals.words.length).fill(-1);
      locals.forEach((local, source) => {
        sources[local] = source;
      });
      return sources;
    });
  }

  armOf(slot: number): EngineArm {
    return this.arms[this.slots.arm[slot]!]!;
  }

  phaseOf(slot: number): AttemptPhase {
    return PHASES[this.slots.phase[slot]!]!;
  }

  /** Prepares a slot for an attempt. */
  begin(slot: number, arm: number, attempt: number, intendedAtUs: number, endpoint: number): number {
    const { slots, active } = this;
    const index = active.take(slot);
    slots.arm[slot] = arm;
    slots.attempt[slot] = attempt >>> 0;
    slots.active[slot] = index;
    this.#lastAttempt[arm] = Math.max(this.#lastAttempt[arm]!, attempt);
    active.intendedAtUs[index] = intendedAtUs;
    active.endpoint[index] = endpoint;
    this.open += 1;
    return index;
  }

  /** The attempt's whole number: its low half, and the high half of those begun of late. */
  attemptOf(slot: number): number {
    const last = this.#lastAttempt[this.slots.arm[slot]!]!;
    return last - (((last >>> 0) - this.slots.attempt[slot]!) >>> 0);
  }

  /** Sets the deadline of a connection to be held: the age that its attempt should reach, unless all are let go together. */
  setHoldDeadline(slot: number): void {
    this.deadlines.hold(slot, this.#chooseAge(slot), this.nowUs);
  }

  holdAgeUs(slot: number): number {
    return this.#agesUs[this.slots.arm[slot]!]![this.#chooseAge(slot)]!;
  }

  /** Moves what a held connection without a request needs into the slot, and frees the rest. */
  shelve(slot: number): void {
    const { active, slots } = this;
    const index = slots.active[slot]!;
    this.#heldTimes.keep(
      slot,
      active.intendedAtUs[index]!,
      active.startedAtUs[index]!,
      active.establishedAtUs[index]!,
    );
    this.deactivate(slot);
  }

  /** Frees what only an active connection needs. */
  deactivate(slot: number): void {
    const { active, slots } = this;
    const index = slots.active[slot]!;
    if (index === NONE) return;
    this.deadlines.clearActive(slot);
    slots.active[slot] = NONE;
    active.free(index);
  }

  /** Undoes {@link shelve} if it was done. @returns index in the active table */
  unshelve(slot: number): number {
    const { active, slots } = this;
    if (slots.active[slot] !== NONE) return slots.active[slot]!;
    const index = active.take(slot);
    slots.active[slot] = index;
    const establishedAtUs = this.#heldTimes.establishedAtUs(slot, this.nowUs);
    active.establishedAtUs[index] = establishedAtUs;
    active.intendedAtUs[index] = establishedAtUs - this.#heldTimes.sinceIntendedUs(slot);
    active.startedAtUs[index] = establishedAtUs - this.#heldTimes.sinceStartedUs(slot);
    const { endpoints } = this.armOf(slot);
    active.endpoint[index] = this.attemptOf(slot) % endpoints.length;
    active.source[index] = this.#sourceOf[slots.arm[slot]!]![slots.local[slot]!]!;
    active.credentials[index] = 0;
    return index;
  }

  /** Ages of a held connection are counted from here. */
  heldSinceUs(slot: number): number {
    const index = this.slots.active[slot]!;
    if (index === NONE) return this.#heldTimes.establishedAtUs(slot, this.nowUs);
    return Math.max(this.active.establishedAtUs[index]!, this.active.respondedAtUs[index]!);
  }

  /** Tells the observer that the handshake is complete. */
  establish(slot: number): void {
    this.#fill(slot);
    this.#writeEnd('response', 'none', 0, 0);
    this.#record.endedAtUs = -1;
    this.#observer.established(this.#record);
  }

  /**
   * Reports to the observer how the attempt has ended. The connection may still have to be closed; the caller has
   * arranged that beforehand, because the observer may start the next attempt.
   */
  settle(slot: number, phase: AttemptPhase, cause: EndCause, errno: number): void {
    const index = this.unshelve(slot);
    const isEstablished = this.active.establishedAtUs[index] !== -1;
    const status = isEstablished ? this.#statusOf(slot, cause) : 0;
    this.#fill(slot);
    this.#writeEnd(phase, cause, errno, status);
    const record = this.#record;
    record.unmet = this.contents?.take(slot) ?? ALL_MET;
    record.schemesOffered = this.schemesOffered;
    this.schemesOffered = '';
    record.refusedBy = this.refusedBy;
    this.refusedBy = '';
    record.lacks = this.lacks;
    this.lacks = 'nothing known';
    record.errorName = this.errors.take(slot, status);
    record.challengeStatus = this.#challengeStatusOf(slot, index);
    record.endedAtUs = this.nowUs;
    this.deadlines.clear(slot);
    this.open -= 1;
  }

  /** Passes the record that {@link settle} has filled to the observer: the last step. */
  notifySettled(): void {
    this.#observer.settled(this.#record);
  }

  /** Releases a slot whose connection is over. */
  free(slot: number): void {
    const { slots, flows } = this;
    flows.clear(slots.remote[slot]!, slots.local[slot]!, slots.port[slot]!);
    this.freeUnsent(slot);
  }

  /** The same for one whose port was never taken. */
  freeUnsent(slot: number): void {
    this.deadlines.clear(slot);
    this.deactivate(slot);
    this.slots.free(slot);
  }

  #fill(slot: number): void {
    const { active, slots } = this;
    const index = slots.active[slot]!;
    const record = this.#record;
    record.arm = slots.arm[slot]!;
    record.attempt = this.attemptOf(slot);
    record.endpoint = active.endpoint[index]!;
    record.source = active.source[index]!;
    record.sourcePort = slots.port[slot]!;
    record.intendedAtUs = active.intendedAtUs[index]!;
    record.startedAtUs = active.startedAtUs[index]!;
    record.establishedAtUs = active.establishedAtUs[index]!;
    record.challengedAtUs = active.challengedAtUs[index]!;
    record.firstByteAtUs = active.firstByteAtUs[index]!;
    record.respondedAtUs = active.respondedAtUs[index]!;
    record.provedAtUs = active.provedAtUs[index]!;
    record.proofAgeUs = active.proofAgeUs[index]!;
    record.synRetransmits = active.synRetransmits[index]!;
    record.requestRetransmits = active.requestRetransmits[index]!;
    const isEstablished = active.establishedAtUs[index] !== -1;
    record.rttUs = isEstablished ? active.rttUs[index]! : -1;
    record.minRttUs = active.minRttUs[index]!;
    record.mss = isEstablished ? active.mss[index]! : -1;
    record.tcpOptions = isEstablished ? active.tcpOptions[index]! : -1;
    record.bytes = active.bytes[index]!;
  }

  /** If credentials got no response, the last status is that of the challenge. */
  #statusOf(slot: number, cause: EndCause): number {
    const { request, auth } = this.armOf(slot);
    if (request === undefined) return 0;
    return cause === 'challenged' && auth !== undefined ? auth.status : this.parser.status(slot);
  }

  /** Status of a challenge that was answered with credentials; 0 if there was none. */
  #challengeStatusOf(slot: number, index: number): number {
    const isAnswering =
      this.active.credentials[index] === AUTHORISED && this.active.challengedAtUs[index] !== -1;
    return isAnswering ? (this.armOf(slot).auth?.status ?? 0) : 0;
  }

  #chooseAge(slot: number): number {
    const { length } = this.#agesUs[this.slots.arm[slot]!]!;
    return chooseHoldAge(this.attemptOf(slot), this.armOf(slot), length);
  }

  #writeEnd(phase: AttemptPhase, cause: EndCause, errno: number, status: number): void {
    const record = this.#record;
    record.phase = phase;
    record.cause = cause;
    record.errno = errno;
    record.status = status;
  }
}
