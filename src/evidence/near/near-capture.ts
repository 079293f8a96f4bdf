import { Arena } from '../../net/arena.ts';
import { findInterfaceByIndex } from '../../net/link/interfaces.ts';
import { loadLibc } from '../../net/load.ts';
import type { PacketRing } from '../../net/packet-socket/ring.ts';
import { openHandshakeTap } from '../../net/packet-socket/tap.ts';
import { AttemptReader } from './attempt-reader.ts';
import { CLOCK_BYTES, type NearClocks, openNearClocks } from './near-clocks.ts';
import { PacketBudget } from './packet-budget.ts';
import { MEMORY_BYTES, PacketMemory } from './packet-memory.ts';
import type { MemoryPiece } from './packet-pool.ts';
import type { NearArm, NearFound } from './types.ts';

/** Interval between reads of the ring: packets carry the kernel's timestamps, so there is no hurry; each read costs a wake-up. */
const DRAIN_MS = 100;

/** Packets at once; then other work has its turn. */
const MOST_AT_ONCE = 16_384;

const NOTHING: NearFound = { answers: {}, kept: [], dropped: 0 };

export interface NearOptions {
  readonly arms: readonly NearArm[];
  /** How long an attempt may last until its handshake is judged, microseconds. */
  readonly horizonUs: number;
  /** At a higher rate it stops, so as not to slow the load; default: never. */
  readonly mostPacketsPerSec?: number;
  /** It ended by itself: nothing more is seen. */
  readonly onLost: (why: Error) => void;
}

/**
 * Listens to the handshakes of a run, and looks up what was seen of an attempt. It works in the thread that conducts the run, which
 * has little to do: a thread of its own would take a tenth of a second to start, and 10 MiB. What the ring holds is enough for
 * that thread to be busy with something else for half a second at the highest rate that is captured.
 */
export class NearCapture {
  readonly #reader: AttemptReader;
  readonly #memory: PacketMemory;
  readonly #arena: Arena;
  readonly #clocks: NearClocks;
  readonly #ring: PacketRing;
  readonly #budget: PacketBudget;
  readonly #onLost: (why: Error) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #names = new Map<number, string>();
  #originUs = 0;
  #lostAtUs = Number.NEGATIVE_INFINITY;
  #dropped = 0;
  #isOver = false;

  /** @throws EnvironmentError if the kernel refuses */
  constructor({ arms, horizonUs, mostPacketsPerSec = Number.POSITIVE_INFINITY, onLost }: NearOptions) {
    this.#reader = new AttemptReader(arms);
    const { endpoints } = this.#reader;
    this.#budget = new PacketBudget(mostPacketsPerSec);
    this.#onLost = onLost;
    const libc = loadLibc();
    // Of the kernel, which gives a page only when it is written: V8 would fill 20 MiB with zeros.
    this.#arena = new Arena(libc, MEMORY_BYTES + CLOCK_BYTES);
    try {
      this.#clocks = openNearClocks(libc, this.#arena);
      this.#memory = new PacketMemory({ endpoints, horizonUs, allocate: (bytes) => this.#take(bytes) });
      // Last, as it alone would have to be closed.
      this.#ring = openHandshakeTap(libc, endpoints);
    } catch (error) {
      this.#arena.release();
      throw error;
    }
    // Nothing but a run keeps this process alive.
    this.#timer = setInterval(() => this.#orEnd(() => this.#drain()), DRAIN_MS).unref();
  }

  /** Load starts: second 0, milliseconds since 1970. */
  start(atEpochMs: number): void {
    this.#originUs = atEpochMs * 1_000;
  }

  /** Looks at the packets of attempts (metrics/noted.ts); once it has ended, nothing was found. */
  look(noted: Float64Array): NearFound {
    return this.#orEnd(() => this.#look(noted)) ?? NOTHING;
  }

  /** May be called repeatedly. */
  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#timer);
    this.#ring.close();
    this.#arena.release();
  }

  #take(bytes: number): MemoryPiece {
    const { buffer, byteOffset } = this.#arena.take(bytes).bytes;
    return { buffer: buffer as ArrayBuffer, at: byteOffset };
  }

  #look(noted: Float64Array): NearFound {
    this.#drain();
    if (this.#isOver) return NOTHING;
    const found = this.#reader.read(this.#memory, noted, {
      originUs: this.#originUs,
      lostAtUs: this.#lostAtUs,
      nameInterface: (index) => this.#nameInterface(index),
    });
    const dropped = this.#dropped;
    this.#dropped = 0;
    return { ...found, dropped };
  }

  #drain(): void {
    if (this.#isOver) return;
    const ring = this.#ring;
    const nowUs = this.#clocks.steadyUs();
    const leadUs = nowUs - this.#clocks.wallUs();
    let count = 0;
    for (; count < MOST_AT_ONCE && ring.receive(); count += 1) {
      this.#memory.take(ring, leadUs);
      ring.advance();
    }
    if (this.#budget.exceeds(count, nowUs))
      throw new Error('there are so many that reading them would slow the load');
    const dropped = ring.takeDropped();
    if (dropped === 0) return;
    this.#dropped += dropped;
    this.#lostAtUs = nowUs;
  }

  /** What packets are like must not end a run. */
  #orEnd<T>(act: () => T): T | undefined {
    if (this.#isOver) return undefined;
    try {
      return act();
    } catch (error) {
      this.stop();
      this.#onLost(error as Error);
      return undefined;
    }
  }

  #nameInterface(index: number): string {
    const known = this.#names.get(index);
    if (known !== undefined) return known;
    // It may be gone by now.
    const name = findInterfaceByIndex(index)?.name ?? `interface ${index}`;
    this.#names.set(index, name);
    return name;
  }
}
