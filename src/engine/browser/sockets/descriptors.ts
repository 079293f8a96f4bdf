import { Arena, loadLibc } from '../../../net/index.ts';
import type { Clock } from '../../../net/ticker.ts';
import type { ConnectionEvents } from '../../portable/connection.ts';
import { Reactor } from '../../raw/reactor.ts';
import { type DescriptorParts, DescriptorSocket } from './descriptor-socket.ts';
import { Timers } from './timers.ts';
import type { BrowserSocket, Sockets } from './types.ts';

/** Longest piece that is read at once: node:net's own (uv__stream_io), so that both kinds of sockets read alike. */
const READ_BYTES = 65_536;

/**
 * Sockets by system calls and epoll alone, past Node's event loop. Linux only. Where few answers arrive together, Node's
 * way from its loop to a callback takes as long as all that a browser does with an answer.
 */
export class DescriptorSockets implements Sockets {
  readonly #clock: Clock;
  readonly #reactor: Reactor;
  readonly #arena: Arena;
  /** Shared by all sockets. */
  readonly #parts: DescriptorParts;
  readonly #timers = new Timers();
  /** By slot; undefined if free. */
  readonly #sockets: (DescriptorSocket | undefined)[] = [];
  /** By slot: how often it has been taken. */
  readonly #generations: Uint32Array;
  readonly #free: number[] = [];
  #isClosed = false;

  /**
   * @param maxOpen most sockets at once
   * @throws EnvironmentError if this is not Linux, koffi is missing, or the system refuses memory or a descriptor
   */
  constructor(clock: Clock, maxOpen: number) {
    const libc = loadLibc();
    this.#clock = clock;
    this.#reactor = new Reactor(libc, maxOpen, false);
    this.#arena = new Arena(libc, READ_BYTES);
    this.#generations = new Uint32Array(maxOpen);
    this.#parts = {
      libc,
      received: this.#arena.take(READ_BYTES),
      take: (socket) => this.#take(socket),
      watch: (slot, fd) => this.#reactor.watch(fd, slot, this.#generations[slot]!),
      watchOn: (slot) => this.#reactor.watchOn(slot),
      forget: (slot) => this.#forget(slot),
      soon: (run) => this.after(0, run),
    };
  }

  get fd(): number {
    return this.#reactor.fd;
  }

  get soonestUs(): number {
    return this.#timers.soonestUs;
  }

  create(events: ConnectionEvents): BrowserSocket {
    return new DescriptorSocket(events, this.#parts);
  }

  after(us: number, run: () => void): () => void {
    return this.#timers.set(this.#clock(), us, run);
  }

  wait(maxWaitUs: number, then?: () => void): void {
    // A closed population's memory is unmapped: using it would crash the process.
    if (this.#isClosed) return;
    // What is set while events are handled is for the next turn.
    const hasRun = this.#timers.run(this.#clock());
    const untilTimerUs = this.#timers.soonestUs - this.#clock();
    // What has run may be all that the caller waits for.
    const waitUs = hasRun ? 0 : Math.max(0, Math.min(maxWaitUs, untilTimerUs));
    const hasReportedAll = this.#reactor.wait(waitUs, this.#handle);
    if (hasReportedAll) then?.();
  }

  close(): void {
    if (this.#isClosed) return;
    const open = this.#sockets.filter((socket) => socket !== undefined).length;
    if (open > 0) throw new Error(`${open} sockets are still open`);
    this.#isClosed = true;
    this.#reactor.close();
    this.#arena.release();
  }

  /** A field, so that passing it to the reactor allocates no closure. */
  readonly #handle = (slot: number, generation: number, events: number): void => {
    if (this.#generations[slot] === generation) this.#sockets[slot]?.meet(events);
  };

  #take(socket: DescriptorSocket): number {
    if (this.#isClosed) throw new RangeError('the population is closed');
    const slot = this.#free.pop() ?? this.#sockets.length;
    if (slot === this.#generations.length) throw new RangeError('more sockets are open than maxOpen allows');
    this.#generations[slot]! += 1;
    this.#sockets[slot] = socket;
    return slot;
  }

  #forget(slot: number): void {
    this.#reactor.forget(slot);
    this.#sockets[slot] = undefined;
    this.#free.push(slot);
  }
}
