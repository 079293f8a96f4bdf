import type { AttemptRecord } from '../engine/types.ts';
import type { ReuseAge } from '../metrics/reuse-bins.ts';
import { groupOfOutcome, type Outcome } from '../outcome/outcome.ts';
import { createPortAllocator } from '../plan/ports/allocator.ts';
import type { PortAllocator, PortShard, SourcePlan } from '../plan/ports/types.ts';
import { seedOf } from '../random.ts';
import type { CloseMode } from '../scenario/words.ts';
import type { PlannedArm } from './protocol.ts';

/** The source addresses and ports of one arm's share: which are in use, and how long each had rested before. */
export class SourcePortPool {
  readonly #allocator: PortAllocator;
  readonly #close: CloseMode;
  /** Whether one that was just closed may be next, although others have rested for longer. */
  readonly #takesRecent: boolean;
  readonly #lowest: number;
  readonly #shards: number;
  readonly #places: number;
  /** By address and port: how long both, and the port at any address, had rested when last leased. */
  readonly #portAgeUs: Float64Array;
  readonly #tupleAgeUs: Float64Array;
  /** The single age object that is returned, reused each time. */
  readonly #age = { portUs: -1, sourceUs: -1 };

  /** @returns undefined if the system chooses the ports */
  static open(planned: PlannedArm, index: number, count: number): SourcePortPool | undefined {
    const { arm, sources } = planned;
    // Arms that draw at random from the same ports must not draw the same ones at the same time.
    const plan = { sources: sources.length, seed: seedOf(arm.name) };
    return SourcePortPool.#openOf(planned, plan, arm.close, { index, count });
  }

  /**
   * The same for browsers, of one of the addresses: they keep to it, and close first.
   * @param source index of the address; in the pool, its index is 0
   * @returns undefined if the system chooses the ports
   */
  static openFor(
    planned: PlannedArm,
    source: number,
    index: number,
    count: number,
  ): SourcePortPool | undefined {
    const { arm, sources } = planned;
    const plan = { sources: 1, startShare: source / sources.length, seed: seedOf(`${arm.name} ${source}`) };
    return SourcePortPool.#openOf(planned, plan, 'fin', { index, count });
  }

  static #openOf(
    { arm, ports }: PlannedArm,
    plan: Pick<SourcePlan, 'sources' | 'startShare' | 'seed'>,
    close: CloseMode,
    shard: PortShard,
  ): SourcePortPool | undefined {
    if (arm.source?.ports === undefined || ports === undefined) return undefined;
    const lowest = ports[0]?.from ?? 0;
    const span = (ports.at(-1)?.to ?? 0) - lowest + 1;
    const allocator = createPortAllocator({ ...arm.source.ports, ports, ...plan }, shard);
    const { order, reuseExactlyUs } = arm.source.ports;
    return new SourcePortPool(allocator, close, {
      ...{ lowest, span, shards: shard.count, sources: plan.sources },
      takesRecent: (order === 'random' || order === 'mru') && reuseExactlyUs === undefined,
    });
  }

  constructor(
    allocator: PortAllocator,
    close: CloseMode,
    shape: {
      readonly lowest: number;
      readonly span: number;
      readonly shards: number;
      readonly sources: number;
      readonly takesRecent: boolean;
    },
  ) {
    this.#allocator = allocator;
    this.#close = close;
    this.#takesRecent = shape.takesRecent;
    this.#lowest = shape.lowest;
    this.#shards = shape.shards;
    this.#places = Math.ceil(shape.span / shape.shards);
    this.#portAgeUs = new Float64Array(this.#places * shape.sources);
    this.#tupleAgeUs = new Float64Array(this.#places * shape.sources);
  }

  /** Index of the address taken last. */
  get source(): number {
    return this.#allocator.source;
  }

  /** Port taken last. */
  get port(): number {
    return this.#allocator.port;
  }

  /** Whether one is available. */
  hasFree(nowUs: number): boolean {
    return this.#allocator.nextFreeAtUs <= nowUs;
  }

  /**
   * Takes an address and port.
   * @returns how long they had rested; read it before the next call
   * @throws RangeError if none is free
   */
  take(nowUs: number): ReuseAge {
    const allocator = this.#allocator;
    if (!allocator.lease(nowUs)) throw new RangeError('no source port is free');
    const place = this.#placeOf(allocator.source, allocator.port);
    this.#portAgeUs[place] = allocator.samePortAgeUs;
    this.#tupleAgeUs[place] = allocator.sameTupleAgeUs;
    return this.#ageAt(place);
  }

  /** How long the source of an open attempt had rested when it was taken; read it before the next call. */
  ageOf({ source, sourcePort }: Readonly<AttemptRecord>): ReuseAge {
    return this.#ageAt(this.#placeOf(source, sourcePort));
  }

  /** The attempt has ended: its source rests as long as the arm specifies and as this machine itself needs it. */
  release(record: Readonly<AttemptRecord>, outcome: Outcome): void {
    const { source, sourcePort, endedAtUs } = record;
    if (groupOfOutcome(outcome) === 'unsent') {
      const isTaken = outcome === 'local-port-in-use' || outcome === 'local-port-exhausted';
      this.#allocator.quarantine(source, sourcePort, isTaken ? endedAtUs + TIME_WAIT_US : 0);
      return;
    }
    const isHeld = isInLocalTimeWait(record, this.#close);
    const closingUs = this.#takesRecent ? mayBeClosingUs(record, this.#close) : 0;
    const heldForUs = isHeld ? TIME_WAIT_US : closingUs;
    this.#allocator.release(source, sourcePort, endedAtUs, endedAtUs + heldForUs);
  }

  #ageAt(place: number): ReuseAge {
    this.#age.portUs = this.#portAgeUs[place]!;
    this.#age.sourceUs = this.#tupleAgeUs[place]!;
    return this.#age;
  }

  /** The distance between a shard's ports equals the number of shards: no two share a position. */
  #placeOf(source: number, port: number): number {
    return source * this.#places + Math.floor((port - this.#lowest) / this.#shards);
  }
}

/** TCP_TIMEWAIT_LEN in include/net/tcp.h; FIN-WAIT-2 of a closed socket lasts equally long (tcp_fin_timeout). */
const TIME_WAIT_US = 60_000_000;

/**
 * Linux delays an acknowledgement, that of a FIN included, for no longer than a round trip: 40 ms at the least and 200 ms at the most
 * (TCP_DELACK_MIN, TCP_DELACK_MAX in include/net/tcp.h; tcp_send_delayed_ack() in net/ipv4/tcp_output.c), and a tick (HZ of 100).
 */
const [LEAST_DELAY_US, LONGEST_DELAY_US, TICK_US] = [40_000, 200_000, 10_000];

/** Timestamps were negotiated: TCPI_OPT_TIMESTAMPS, include/uapi/linux/tcp.h. */
const TIMESTAMPS = 1;

/**
 * Whether this machine would refuse to connect from the same address and port to the same endpoint again, because
 * remains of the connection still hold them. It does if this side sent its FIN first. With timestamps a connection in
 * TIME_WAIT gives way to a new one from an explicitly bound port, whatever tcp_tw_reuse says (measured;
 * tcp_twsk_unique() in net/ipv4/tcp_ipv4.c); one in FIN-WAIT-1, whose far end has not acknowledged the FIN, never does.
 */
export function isInLocalTimeWait(record: Readonly<AttemptRecord>, close: CloseMode): boolean {
  const isEstablished = record.establishedAtUs >= 0;
  if (!isEstablished || close === 'reset' || isEndedByFarEnd(record, close)) return false;
  if (record.cause === 'timeout' || record.cause === 'stopped') return true;
  return (record.tcpOptions & TIMESTAMPS) === 0 || record.tcpOptions < 0;
}

/** The far end's FIN came first, or its RST ended everything. */
function isEndedByFarEnd(
  { cause, phase, respondedAtUs }: Readonly<AttemptRecord>,
  close: CloseMode,
): boolean {
  return cause === 'eof' || cause === 'errno' || (phase === 'done' && close === 'peer' && respondedAtUs >= 0);
}

/**
 * How long a connection that has ended may be in FIN-WAIT-1 or LAST-ACK, from which connect() does not take its address and port, with
 * timestamps or without: until the far end has acknowledged the FIN. It does so as it closes, or else after a while (44 ms after
 * an exchange, measured on Linux 6.18; findings/a-bound-port-is-refused-until-its-fin-is-acknowledged.sh).
 */
function mayBeClosingUs(record: Readonly<AttemptRecord>, close: CloseMode): number {
  const { startedAtUs, establishedAtUs, cause } = record;
  // A RST leaves nothing, in either direction.
  if (establishedAtUs < 0 || close === 'reset' || cause === 'errno') return 0;
  const handshakeUs = establishedAtUs - startedAtUs;
  // Who has sent a FIN acknowledges the other's at once.
  if (isEndedByFarEnd(record, close)) return handshakeUs;
  const delayUs = Math.min(Math.max(LEAST_DELAY_US, handshakeUs), LONGEST_DELAY_US);
  return handshakeUs + delayUs + TICK_US;
}
