import { openPingSocket, type PingSocket, type PingTarget } from '../../net/ping-socket.ts';
import { clockOf, type Ticker } from '../../net/ticker.ts';
import { createAttemptRecord } from '../blank-record.ts';
import type { AttemptObserver, DueTime, Endpoint } from '../types.ts';

/** How late a reply or a timeout may be noticed where Node's event loop drives the load. The kernel times replies. */
const LOOK_MS = 10;
/** Sequence numbers of ICMP have 16 bits. */
const SEQUENCES = 0x1_0000;

/** An arm that pings, as this engine sees it. */
export interface EchoArm {
  readonly endpoints: readonly Endpoint[];
  readonly sources: readonly string[];
  readonly timeoutUs: number;
}

export interface EchoOptions {
  /** By the number of the arm. */
  readonly arms: ReadonlyMap<number, EchoArm>;
  readonly observer: AttemptObserver;
  readonly clock: Ticker;
  /** Opens a socket; an errno where that is refused. */
  readonly openSocket?: (target: PingTarget) => PingSocket | number;
}

interface Waiting {
  readonly arm: number;
  readonly attempt: number;
  readonly endpoint: number;
  readonly source: number;
  readonly intendedAtUs: number;
  readonly startedAtUs: number;
  readonly deadlineUs: number;
}

/** Requests of one socket whose replies have not come, by sequence, in the order in which they were sent. */
interface Line {
  readonly socket: PingSocket | number;
  readonly waiting: Map<number, Waiting>;
  sequence: number;
}

/**
 * Sends an echo request for each attempt of an arm `via: icmp`, and waits for its reply: what ping(8) would have shown at the same
 * time, counted and timed as handshakes are. Nothing is sent again, so no attempt ever stalls: one without a reply ends by its
 * timeout.
 */
export class EchoEngine {
  readonly #options: EchoOptions;
  readonly #now: () => number;
  readonly #lines = new Map<string, Line>();
  #open = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: EchoOptions) {
    this.#options = options;
    this.#now = clockOf(options.clock);
  }

  /** Attempts started and not yet settled. */
  get open(): number {
    return this.#open;
  }

  start(arm: number, attempt: number, { intendedAtUs }: Readonly<DueTime>, source: number): void {
    const { endpoints, sources, timeoutUs } = this.#options.arms.get(arm)!;
    const endpoint = attempt % endpoints.length;
    const line = this.#lineTo(endpoints[endpoint]!, sources[source]);
    const startedAtUs = this.#now();
    const begun: Waiting = {
      ...{ arm, attempt, endpoint, source, intendedAtUs, startedAtUs },
      deadlineUs: startedAtUs + timeoutUs,
    };
    this.#open += 1;
    const errno = typeof line.socket === 'number' ? line.socket : this.#send(line, line.socket, begun);
    if (errno !== 0) {
      this.#settle(begun, { phase: 'start', cause: 'errno', errno });
      return;
    }
    this.#timer ??= setInterval(() => this.look(), LOOK_MS);
  }

  /** Takes replies that have come, and gives up what has waited too long. */
  look(): void {
    for (const { socket, waiting } of this.#lines.values()) {
      if (typeof socket === 'number') continue;
      for (let reply = socket.receive(); reply !== undefined; reply = socket.receive()) {
        const begun = waiting.get(reply.sequence);
        if (begun === undefined) continue;
        waiting.delete(reply.sequence);
        this.#answered(begun, Math.round(reply.tookUs));
      }
      const nowUs = this.#now();
      for (const [sequence, begun] of waiting) {
        if (begun.deadlineUs > nowUs) continue;
        waiting.delete(sequence);
        this.#settle(begun, { phase: 'handshake', cause: 'timeout' });
      }
    }
    if (this.#open === 0) this.#rest();
  }

  abort(): void {
    for (const { waiting } of this.#lines.values()) {
      for (const begun of waiting.values()) this.#settle(begun, { phase: 'handshake', cause: 'stopped' });
      waiting.clear();
    }
    this.#rest();
  }

  close(): void {
    this.#rest();
    for (const { socket } of this.#lines.values()) if (typeof socket !== 'number') socket.close();
    this.#lines.clear();
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #lineTo({ address, family }: Endpoint, source: string | undefined): Line {
    const key = `${address} ${source ?? ''}`;
    const known = this.#lines.get(key);
    if (known !== undefined) return known;
    const open = this.#options.openSocket ?? openPingSocket;
    const line: Line = { socket: open({ address, family, source }), waiting: new Map(), sequence: 0 };
    this.#lines.set(key, line);
    return line;
  }

  /** @returns 0 or an errno */
  #send(line: Line, socket: PingSocket, begun: Waiting): number {
    const { sequence } = line;
    line.sequence = (sequence + 1) % SEQUENCES;
    const errno = socket.send(sequence);
    if (errno === 0) line.waiting.set(sequence, begun);
    return errno;
  }

  #answered(begun: Waiting, tookUs: number): void {
    const { arm, attempt, endpoint, source, intendedAtUs, startedAtUs } = begun;
    const establishedAtUs = startedAtUs + tookUs;
    const record = createAttemptRecord({
      ...{ arm, attempt, endpoint, source, intendedAtUs, startedAtUs, establishedAtUs },
      ...{ phase: 'done', synRetransmits: 0, rttUs: tookUs },
    });
    this.#options.observer.established(record);
    this.#open -= 1;
    this.#options.observer.settled({ ...record, endedAtUs: establishedAtUs });
  }

  #settle(
    begun: Waiting,
    end: { phase: 'start' | 'handshake'; cause: 'errno' | 'timeout' | 'stopped'; errno?: number },
  ): void {
    const { arm, attempt, endpoint, source, intendedAtUs, startedAtUs } = begun;
    this.#open -= 1;
    this.#options.observer.settled(
      createAttemptRecord({
        ...{ arm, attempt, endpoint, source, intendedAtUs, startedAtUs },
        ...{ ...end, synRetransmits: 0, endedAtUs: this.#now() },
      }),
    );
  }
}
