import type { PortShard, SourcePlan } from './types.ts';

/**
 * Numbers a shard's addresses and ports: slot 0, 1, 2, ... is the order in which they are taken one after the other.
 * Addresses take turns, so that each has its even share at any time. Each walks the ports upwards from a place of its own,
 * spread over the range: so a port rests as long as can be before its turn comes at the next address. Were all to start
 * at one place, it would be open at two addresses at once, and a firewall that keeps ports could not keep it.
 */
export class SlotLayout {
  readonly size: number;
  readonly portCount: number;
  readonly #sources: number;
  readonly #ports: Uint16Array;
  /** By port; -1: not this shard's. */
  readonly #indexes = new Int32Array(65_536).fill(-1);
  /** By address: where its walk over the ports starts. */
  readonly #starts: Int32Array;

  constructor({ sources, ports }: SourcePlan, shard: PortShard) {
    const mine = listShardPorts(ports, shard);
    this.#sources = sources;
    this.#ports = Uint16Array.from(mine);
    this.portCount = mine.length;
    this.size = sources * mine.length;
    this.#starts = Int32Array.from({ length: sources }, (_, source) =>
      Math.floor((source * mine.length) / sources),
    );
    mine.forEach((port, index) => {
      this.#indexes[port] = index;
    });
  }

  sourceAt(slot: number): number {
    return slot % this.#sources;
  }

  /** Index of a slot's port among the shard's ports. */
  portIndexAt(slot: number): number {
    const round = (slot / this.#sources) | 0;
    const index = round + this.#starts[slot % this.#sources]!;
    return index < this.portCount ? index : index - this.portCount;
  }

  portOf(portIndex: number): number {
    return this.#ports[portIndex]!;
  }

  /** -1: not this shard's. */
  portIndexOf(port: number): number {
    return this.#indexes[port] ?? -1;
  }

  /** @param source below the plan's `sources` */
  slotOf(source: number, portIndex: number): number {
    const round = portIndex - this.#starts[source]!;
    return (round < 0 ? round + this.portCount : round) * this.#sources + source;
  }
}

/**
 * A port is of one shard at all addresses, so that the shard knows when the port last closed at any of them. Which one
 * depends on its number alone, so that a port more or less moves no other.
 */
function listShardPorts(ranges: SourcePlan['ports'], { index, count }: PortShard): number[] {
  const mine: number[] = [];
  for (const { from, to } of ranges) {
    const first = from + ((((index - from) % count) + count) % count);
    for (let port = first; port <= to; port += count) mine.push(port);
  }
  return mine;
}
