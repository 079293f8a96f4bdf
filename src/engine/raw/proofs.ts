import { createTcpInfo, readTcpInfo, startKeepAlive } from '../../net/index.ts';
import { hasAnswered, LEAST_PROOF_AGE_US, PROBES, PROOF_LIMIT_US, roundAgeUs } from '../holding.ts';
import { PROVING } from './connection-table.ts';
import { type Connections, FIRST_LOOK, NEXT_LOOK } from './connections.ts';

/**
 * Checks by kernel keep-alives whether idle connections are still alive. An answered keep-alive causes no event, so
 * it is polled for; an unanswered one, or an error, is reported like any other end of a connection.
 */
export class Proofs {
  readonly #connections: Connections;
  readonly #tcpInfo = createTcpInfo();

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  /** Call when a connection has been held for its full time. */
  begin(slot: number): void {
    this.#ask(slot, this.#connections.holdAgeUs(slot));
  }

  /** Call when a hold ends early. */
  beginEarly(slot: number): void {
    const { table, nowUs } = this.#connections;
    const sinceUs = Math.max(table.establishedAtUs[slot]!, table.respondedAtUs[slot]!);
    this.#ask(slot, roundAgeUs(nowUs - sinceUs));
  }

  look(slot: number): void {
    const { table, nowUs } = this.#connections;
    const waitedUs = nowUs - table.provedAtUs[slot]!;
    readTcpInfo(table.fd[slot]!, this.#tcpInfo);
    if (hasAnswered(this.#tcpInfo, waitedUs)) this.#connections.settleDone(slot);
    else if (waitedUs >= PROOF_LIMIT_US) this.#connections.settle(slot, 'held', 'timeout', 0);
    else this.#connections.setLook(slot, NEXT_LOOK);
  }

  #ask(slot: number, ageUs: number): void {
    const { table, nowUs } = this.#connections;
    if (ageUs < LEAST_PROOF_AGE_US || startKeepAlive(table.fd[slot]!, PROBES) !== 0) {
      this.#connections.settleDone(slot);
      return;
    }
    table.phase[slot] = PROVING;
    table.provedAtUs[slot] = nowUs;
    table.proofAgeUs[slot] = ageUs;
    this.#connections.setLook(slot, FIRST_LOOK);
  }
}
