import { FIRST_LOOK_US, LEAST_PROOF_AGE_US, NEXT_LOOK_US, PROOF_LIMIT_US, roundAgeUs } from '../holding.ts';
import type { AttemptRecord } from '../types.ts';
import type { Connection } from './connection.ts';

/** What is known of a held connection: when to look next (microseconds on the engine's clock), or the result. */
export type Verdict = number | 'alive' | 'silent' | 'unproved';

/** Whether a held connection still lives, as the answers to its keep-alives show. */
export class Proof {
  readonly #connection: Connection;
  readonly #record: AttemptRecord;

  constructor(connection: Connection, record: AttemptRecord) {
    this.#connection = connection;
    this.#record = record;
  }

  get isUnderWay(): boolean {
    return this.#record.provedAtUs >= 0;
  }

  /** Whether the answers can be seen. If not, only time tells, longer than the person stopping a run waits. */
  get isPrompt(): boolean {
    return this.#connection.reportsAnswers;
  }

  /** @param ageUs how long the connection has been held; `unproved` if that is too short */
  begin(ageUs: number, nowUs: number): Verdict {
    if (ageUs < LEAST_PROOF_AGE_US || !this.#connection.startKeepAlive()) return 'unproved';
    this.#record.provedAtUs = nowUs;
    this.#record.proofAgeUs = ageUs;
    return nowUs + FIRST_LOOK_US;
  }

  /** Begins before the hold's time is up. */
  beginEarly(nowUs: number): Verdict {
    const { establishedAtUs, tunnelledAtUs, securedAtUs, respondedAtUs } = this.#record;
    const sinceUs = Math.max(establishedAtUs, tunnelledAtUs, securedAtUs, respondedAtUs);
    return this.begin(roundAgeUs(nowUs - sinceUs), nowUs);
  }

  look(nowUs: number): Verdict {
    const waitedUs = nowUs - this.#record.provedAtUs;
    if (this.#connection.hasAnswered(waitedUs)) return 'alive';
    return this.isPrompt && waitedUs >= PROOF_LIMIT_US ? 'silent' : nowUs + NEXT_LOOK_US;
  }
}
