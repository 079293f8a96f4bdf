import { performance } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import { Arena } from '../../net/arena.ts';
import { CLOCK_REALTIME } from '../../net/constants.ts';
import { listInterfaces } from '../../net/link/interfaces.ts';
import { NetlinkError } from '../../net/link/netlink-socket.ts';
import { loadLibc } from '../../net/load.ts';
import type { PacketRing } from '../../net/packet-socket/ring.ts';
import { openHandshakeTap } from '../../net/packet-socket/tap.ts';
import { AttemptReader } from './attempt-reader.ts';
import type { FromNear, NearTask, ToNear } from './near-protocol.ts';
import { PacketBudget } from './packet-budget.ts';
import { PacketMemory } from './packet-memory.ts';

/** Interval between reads of the ring: packets carry the kernel's timestamps, so there is no hurry. */
const DRAIN_MS = 50;

/** Packets at once; then other work has its turn. */
const MOST_AT_ONCE = 16_384;

/** Captures the handshakes of a run, and looks up the packets of an attempt. */
class NearLoop {
  readonly #reader: AttemptReader;
  readonly #ring: PacketRing;
  readonly #memory: PacketMemory;
  readonly #budget: PacketBudget;
  readonly #timer: NodeJS.Timeout;
  readonly #readWallUs = createWallClock();
  readonly #names = new Map<number, string>();
  #originUs = 0;
  #lostAtUs = Number.NEGATIVE_INFINITY;
  #dropped = 0;
  #isOver = false;

  constructor({ arms, horizonUs, mostPacketsPerSec = Number.POSITIVE_INFINITY }: NearTask) {
    this.#reader = new AttemptReader(arms);
    const { endpoints } = this.#reader;
    this.#memory = new PacketMemory({ endpoints, horizonUs });
    this.#ring = openHandshakeTap(loadLibc(), endpoints);
    this.#budget = new PacketBudget(mostPacketsPerSec);
    this.#timer = setInterval(() => this.#drain(), DRAIN_MS);
    parentPort!.on('message', (message: ToNear) => {
      switch (message.kind) {
        case 'start':
          this.#originUs = message.atEpochMs * 1_000;
          return;
        case 'look':
          this.#look(message.id, message.noted);
          return;
        case 'stop':
          this.#end();
      }
    });
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#timer);
    parentPort!.close();
    this.#ring.close();
  }

  #look(id: number, noted: Float64Array): void {
    this.#drain();
    if (this.#isOver) return;
    const found = this.#reader.read(this.#memory, noted, {
      originUs: this.#originUs,
      lostAtUs: this.#lostAtUs,
      nameInterface: (index) => this.#nameInterface(index),
    });
    const dropped = this.#dropped;
    this.#dropped = 0;
    post({ kind: 'found', id, ...found, dropped });
  }

  #drain(): void {
    if (this.#isOver) return;
    const ring = this.#ring;
    const nowUs = steadyUs();
    const leadUs = nowUs - this.#readWallUs();
    let count = 0;
    for (; count < MOST_AT_ONCE && ring.receive(); count += 1) {
      this.#memory.take(ring, leadUs);
      ring.advance();
    }
    if (this.#budget.exceeds(count, nowUs)) {
      post({ kind: 'fault', message: 'there are so many that reading them would slow the load' });
      this.#end();
      return;
    }
    const dropped = ring.takeDropped();
    if (dropped === 0) return;
    this.#dropped += dropped;
    this.#lostAtUs = nowUs;
  }

  #nameInterface(index: number): string {
    if (!this.#names.has(index)) {
      for (const link of listKnown()) this.#names.set(link.index, link.name);
      // It may be gone by now.
      if (!this.#names.has(index)) this.#names.set(index, `interface ${index}`);
    }
    return this.#names.get(index)!;
  }
}

function listKnown(): { index: number; name: string }[] {
  try {
    return listInterfaces();
  } catch (error) {
    if (error instanceof NetlinkError) return [];
    throw error;
  }
}

/** By the clock of the threads (worker/shard-clock.ts), microseconds since 1970. */
function steadyUs(): number {
  return (performance.timeOrigin + performance.now()) * 1_000;
}

/** The system's clock, microseconds since 1970; in whole milliseconds if the C library lacks the call. */
function createWallClock(): () => number {
  const libc = loadLibc();
  const { clockGettime } = libc;
  if (clockGettime === undefined) return () => Date.now() * 1_000;
  // Kept for the thread's lifetime.
  const { address, words } = new Arena(libc, 16).take(16);
  return () => {
    clockGettime(CLOCK_REALTIME, address);
    return (words[0]! >>> 0) * 1_000_000 + words[2]! / 1_000;
  };
}

function post(message: FromNear): void {
  parentPort?.postMessage(message);
}

try {
  new NearLoop(workerData as NearTask);
  post({ kind: 'ready' });
} catch (error) {
  post({ kind: 'fault', message: (error as Error).message });
  parentPort?.close();
}
