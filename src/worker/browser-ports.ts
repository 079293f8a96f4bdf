import type { AttemptRecord } from '../engine/types.ts';
import type { ReuseAge } from '../metrics/reuse-bins.ts';
import { groupOfOutcome, type Outcome } from '../outcome/outcome.ts';
import type { PlannedArm } from './protocol.ts';
import { SourcePortPool } from './source-port-pool.ts';

const NEVER = -1;
/** 0 to 65535. */
const PORTS = 65_536;

/**
 * The source ports of a population's share: a pool for each address, because a browser keeps to one address. All browsers on
 * an address draw from its pool, so that no two of them are ever given the same port.
 */
export class BrowserPorts {
  /** By the index of their address. */
  readonly #pools: readonly SourcePortPool[];
  /** By port: when it was last closed, at any address. */
  readonly #closedAtUs = new Float64Array(PORTS).fill(NEVER);

  /** @returns undefined if the system chooses the ports */
  static open(planned: PlannedArm, index: number, count: number): BrowserPorts | undefined {
    const pools = planned.sources.flatMap(
      (_, source) => SourcePortPool.openFor(planned, source, index, count) ?? [],
    );
    return pools.length === 0 ? undefined : new BrowserPorts(pools);
  }

  private constructor(pools: readonly SourcePortPool[]) {
    this.#pools = pools;
  }

  /** Whether one is available at an address. */
  hasFree(source: number, nowUs: number): boolean {
    return this.#pools[source]!.hasFree(nowUs);
  }

  /**
   * Takes one at an address.
   * @throws RangeError if none is free
   */
  take(source: number, nowUs: number): { readonly port: number; readonly age: ReuseAge } {
    const pool = this.#pools[source]!;
    const { sourceUs } = pool.take(nowUs);
    const { port } = pool;
    const closedAtUs = this.#closedAtUs[port]!;
    const portUs = closedAtUs === NEVER ? NEVER : Math.max(0, nowUs - closedAtUs);
    return { port, age: { portUs, sourceUs } };
  }

  /** The connection has ended. */
  release(record: Readonly<AttemptRecord>, outcome: Outcome): void {
    const { endedAtUs, source, sourcePort } = record;
    if (groupOfOutcome(outcome) !== 'unsent') this.#closedAtUs[sourcePort] = endedAtUs;
    // In its pool there is no other address.
    this.#pools[source]!.release({ ...record, source: 0 }, outcome);
  }
}
