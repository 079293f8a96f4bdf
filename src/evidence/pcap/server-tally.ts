import { createCounts, type Histogram, LONGEST_US, quantilesOf, recordUs } from '../../metrics/histogram.ts';
import type { HandshakeSeen } from '../handshakes/types.ts';
import type { ServerReport } from './types.ts';

/** Servers counted separately, and servers reported. A scan has thousands. */
const MAX_SERVERS = 256;
export const SHOWN_SERVERS = 20;

/** Figures to within 1 %: a tenth of the memory of three digits. */
const DIGITS = 2;

interface ServerSums {
  readonly server: string;
  readonly port: number;
  connections: number;
  stalled: number;
  unanswered: number;
  reset: number;
  readonly times: Histogram;
}

/** Sums of connections by server. */
export class ServerTally {
  readonly #servers = new Map<string, ServerSums>();
  #isFull = false;
  readonly #others = new Set<string>();

  add(seen: HandshakeSeen, facts: { isStalled: boolean; isUnanswered: boolean; handshakeUs: number }): void {
    const sums = this.#find(seen);
    if (sums === undefined) return;
    sums.connections += 1;
    if (facts.isStalled) sums.stalled += 1;
    if (facts.isUnanswered) sums.unanswered += 1;
    if (seen.end === 'reset') sums.reset += 1;
    if (!Number.isNaN(facts.handshakeUs)) recordUs(sums.times, facts.handshakeUs);
  }

  /** Servers beyond those of {@link list}; a lower bound. */
  get leftOut(): number {
    return Math.max(0, this.#servers.size - SHOWN_SERVERS) + this.#others.size;
  }

  /** The servers with the most connections. */
  list(): ServerReport[] {
    return [...this.#servers.values()]
      .sort((a, b) => b.connections - a.connections)
      .slice(0, SHOWN_SERVERS)
      .map(({ times, ...sums }) => ({ ...sums, handshakeUs: quantilesOf(times) }));
  }

  #find({ server, serverPort }: HandshakeSeen): ServerSums | undefined {
    const name = `${server} ${serverPort}`;
    const found = this.#servers.get(name);
    if (found !== undefined) return found;
    if (this.#servers.size >= MAX_SERVERS) {
      if (this.#others.size < MAX_SERVERS * 100) this.#others.add(name);
      this.#isFull = true;
      return undefined;
    }
    const none = { connections: 0, stalled: 0, unanswered: 0, reset: 0 };
    const sums = { server, port: serverPort, ...none, times: createCounts(LONGEST_US, DIGITS) };
    this.#servers.set(name, sums);
    return sums;
  }

  /** Whether there were more servers than are counted separately. */
  get isFull(): boolean {
    return this.#isFull;
  }
}
