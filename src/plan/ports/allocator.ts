import { createRandomBelow } from '../../random.ts';
import { createFreeSlots } from './free/create.ts';
import type { FreeSlots } from './free/free-slots.ts';
import { SlotLayout } from './layout.ts';
import { TimeHeap } from './time-heap.ts';
import { TimeRing } from './time-ring.ts';
import type { PortAllocator, PortShard, SourcePlan } from './types.ts';

/** Stands for a time: never closed. */
const NEVER = -1;

/** Odd and without a bit pattern (2^32 over the golden ratio): shards draw from widely separated seeds. */
const SEED_STEP = 0x9e3779b9;

/**
 * Hands out a shard's share of a plan's addresses and ports. Shards are disjoint and together cover the plan. It
 * allocates about 13 bytes per address and port, all at once; leasing allocates nothing.
 */
export function createPortAllocator(plan: SourcePlan, shard: PortShard): PortAllocator {
  return new SlotAllocator(plan, shard);
}

class SlotAllocator implements PortAllocator {
  source = -1;
  port = 0;
  samePortAgeUs = NEVER;
  sameTupleAgeUs = NEVER;
  readonly #restUs: number;
  readonly #sources: number;
  readonly #layout: SlotLayout;
  readonly #free: FreeSlots;
  readonly #resting = new RestingSlots();
  /** By slot: 1 while leased. */
  readonly #isLeased: Uint8Array;
  /** By slot. */
  readonly #tupleClosedAtUs: Float64Array;
  /** By port index, across all addresses. */
  readonly #portClosedAtUs: Float64Array;

  constructor(plan: SourcePlan, shard: PortShard) {
    this.#restUs = plan.reuseExactlyUs ?? plan.reuseAfterUs;
    this.#sources = plan.sources;
    this.#layout = new SlotLayout(plan, shard);
    const { size, portCount } = this.#layout;
    const seed = (plan.seed ?? 1) + Math.imul(shard.index, SEED_STEP);
    this.#free = createFreeSlots(plan, size, createRandomBelow(seed));
    this.#isLeased = new Uint8Array(size);
    this.#tupleClosedAtUs = new Float64Array(size).fill(NEVER);
    this.#portClosedAtUs = new Float64Array(portCount).fill(NEVER);
  }

  get size(): number {
    return this.#layout.size;
  }

  get leased(): number {
    return this.size - this.#free.count - this.#resting.count;
  }

  get nextFreeAtUs(): number {
    return this.#free.count > 0 ? 0 : this.#resting.soonestUs;
  }

  lease(nowUs: number): boolean {
    this.#wake(nowUs);
    const slot = this.#free.take();
    if (slot === -1) return false;
    const portIndex = this.#layout.portIndexAt(slot);
    this.#isLeased[slot] = 1;
    this.source = this.#layout.sourceAt(slot);
    this.port = this.#layout.portOf(portIndex);
    this.samePortAgeUs = ageOf(this.#portClosedAtUs[portIndex]!, nowUs);
    this.sameTupleAgeUs = ageOf(this.#tupleClosedAtUs[slot]!, nowUs);
    return true;
  }

  release(source: number, port: number, closedAtUs: number, heldUntilUs = 0): void {
    const slot = this.#endLease(source, port);
    this.#tupleClosedAtUs[slot] = closedAtUs;
    this.#portClosedAtUs[this.#layout.portIndexOf(port)] = closedAtUs;
    this.#rest(slot, Math.max(closedAtUs + this.#restUs, heldUntilUs), closedAtUs);
  }

  quarantine(source: number, port: number, untilUs: number): void {
    this.#rest(this.#endLease(source, port), untilUs, 0);
  }

  /** Frees every slot whose rest is over, in the order in which the rests ended. */
  #wake(nowUs: number): void {
    while (this.#resting.soonestUs <= nowUs) this.#free.add(this.#resting.takeSoonest());
  }

  #rest(slot: number, untilUs: number, nowUs: number): void {
    if (untilUs > nowUs) {
      this.#resting.add(untilUs, slot);
      return;
    }
    // Slots that became free before this one must be recorded first.
    this.#wake(nowUs);
    this.#free.add(slot);
  }

  #endLease(source: number, port: number): number {
    const portIndex = this.#layout.portIndexOf(port);
    const isKnown = portIndex !== -1 && source >= 0 && source < this.#sources;
    const slot = isKnown ? this.#layout.slotOf(source, portIndex) : -1;
    if (slot === -1 || this.#isLeased[slot] === 0) {
      throw new RangeError(`port ${port} of source address ${source} is not leased`);
    }
    this.#isLeased[slot] = 0;
    return slot;
  }
}

function ageOf(closedAtUs: number, nowUs: number): number {
  return closedAtUs === NEVER ? NEVER : Math.max(0, nowUs - closedAtUs);
}

/**
 * Slots that may not be leased yet, by when they may. Most rests have the same length, so they mostly end in order:
 * those use a ring at constant cost, and only the others, such as quarantines, use a heap.
 */
export class RestingSlots {
  readonly #inOrder = new TimeRing();
  readonly #others = new TimeHeap();

  get count(): number {
    return this.#inOrder.count + this.#others.count;
  }

  /** When the first rest ends; Infinity if there is none. */
  get soonestUs(): number {
    return Math.min(this.#inOrder.soonestUs, this.#others.soonestUs);
  }

  add(untilUs: number, slot: number): void {
    if (untilUs >= this.#inOrder.latestUs) this.#inOrder.push(untilUs, slot);
    else this.#others.push(untilUs, slot);
  }

  /** Takes the slot whose rest ends first; there must be one. */
  takeSoonest(): number {
    return this.#inOrder.soonestUs <= this.#others.soonestUs ? this.#inOrder.shift() : this.#others.pop();
  }
}
