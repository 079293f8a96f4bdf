import type { PortShard, SourcePlan } from './types.ts';

/**
 * Numbers a shard's addresses and ports: slots 0, 1, 2, ... are taken in this order. Addresses rotate, so that each
 * has an even share at any time. Each walks upwards through the ports from a start of its own, spread over the range,
 * so that a port rests as long as possible before the next address uses it. If all started at one port, it would be
 * open at two addresses at once, and a port-preserving firewall could not preserve it.
 */
export class SlotLayout {
  readonly size: number;
  readonly portCount: number;
  readonly #sources: number;
  readonly #ports: Uint16Array;
  /** By port; -1 if it is not in this shard. */
  readonly #indexes = new Int32Array(65_536).fill(-1);
  /** By address: where its walk through the ports starts. */
  readonly #starts: Int32Array;

  constructor({ sources, ports, startShare = 0 }: SourcePlan, shard: PortShard) {
    const mine = listShardPorts(ports, shard);
    this.#sources = sources;
    this.#ports = Uint16Array.from(mine);
    this.portCount = mine.length;
    this.size = sources * mine.length;
    this.#starts = Int32Array.from({ length: sources }, (_, source) =>
      Math.floor(((source / sources + startShare) % 1) * mine.length),
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

  /** -1 if it is not in this shard. */
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
 * A port belongs to the same shard at all addresses, so that the shard knows when the port last closed at any of
 * them. The shard depends only on the port number, so that adding or removing a port moves no other.
 */
function listShardPorts(ranges: SourcePlan['ports'], { index, count }: PortShard): number[] {
  const mine: number[] = [];
  for (const { from, to } of ranges) {
    const first = from + ((((index - from) % count) + count) % count);
    for (let port = first; port <= to; port += count) mine.push(port);
  }
  return mine;
}
