import { PR_SET_TIMERSLACK } from '../../net/constants.ts';
import { Arena, type Libc, loadLibc } from '../../net/index.ts';
import type { PacketRing } from '../../net/packet-socket/ring.ts';
import type { Ticker } from '../../net/ticker.ts';
import type { CreateEngine, DueTime, Engine, EngineArm, EngineDrops, EngineOptions } from '../types.ts';
import { AUTHORISED, NO_CREDENTIALS, UNASKED } from './active-table.ts';
import { Closer } from './closer.ts';
import { Connections } from './connections.ts';
import { closeDevice, openDevices } from './device.ts';
import { Exchange } from './exchange.ts';
import { Flows } from './flows.ts';
import { Handshake } from './handshake.ts';
import { PacketWait } from './packet-wait.ts';
import { Proofs } from './proofs.ts';
import { Receiver } from './receiver.ts';
import { ResendQueues } from './resend-queues.ts';
import { Segments } from './segments.ts';
import { FIN_WAIT, FREE, HELD, KEPT, PROVING, SYN_SENT } from './slots.ts';
import { StampClock } from './stamp-clock.ts';
import { Stream } from './stream.ts';
import { Sweeps } from './sweeps.ts';

/** Packets handled in one turn before starts and timers have theirs. */
const MAX_PACKETS_PER_TURN = 1_024;

/**
 * Speaks TCP itself: builds segments and passes them through packet sockets, past the kernel's own TCP. Linux only.
 * @throws EnvironmentError if this is not Linux, koffi is missing, or the process may not open packet sockets
 */
export const createPacketEngine: CreateEngine = (options) => {
  const libc = loadLibc();
  libc.prctl(PR_SET_TIMERSLACK, 1);
  return new PacketEngine(libc, options);
};

class PacketEngine implements Engine {
  readonly name = 'packet';
  readonly readsTcpInfo = true;
  readonly polls = true;
  readonly #clock: Ticker;
  readonly #connections: Connections;
  readonly #segments: Segments;
  readonly #handshake: Handshake;
  readonly #exchange: Exchange;
  readonly #stream: Stream;
  readonly #proofs: Proofs;
  readonly #closer: Closer;
  readonly #receiver: Receiver;
  readonly #resends = new ResendQueues();
  readonly #acks = new ResendQueues();
  readonly #stamps: StampClock;
  readonly #wait: PacketWait;
  readonly #arena: Arena;
  readonly #rings: readonly PacketRing[];
  readonly #sweeps: Sweeps;
  #isClosed = false;

  constructor(libc: Libc, { arms, observer, clock, maxOpen, shard = { index: 0, count: 1 } }: EngineOptions) {
    this.#clock = clock;
    const flows = new Flows(arms, shard);
    this.#connections = new Connections(arms, flows, observer, maxOpen);
    const readsPayload = arms.some(({ request }) => request !== undefined);
    const links = arms.flatMap(({ packets }) => packets?.links ?? []);
    const devices = openDevices(libc, links, flows, readsPayload, clock);
    this.#rings = devices.map(({ ring }) => ring);
    this.#segments = new Segments(arms, devices, flows, this.#connections.slots, clock, {
      sent: (tag, atUs) => this.#handshake.sent(tag - 1, atUs),
    });
    this.#closer = new Closer(this.#connections, this.#segments, this.#resends);
    this.#handshake = new Handshake(this.#connections, this.#segments, this.#resends, this.#closer);
    this.#proofs = new Proofs(this.#connections, this.#segments, this.#resends);
    this.#exchange = new Exchange(this.#connections, this.#closer, this.#proofs);
    this.#stream = new Stream(
      this.#connections,
      this.#segments,
      this.#resends,
      this.#acks,
      this.#closer,
      this.#exchange,
    );
    this.#exchange.attach(this.#stream);
    this.#sweeps = new Sweeps(this.#connections, this.#exchange, this.#closer, shard.count);
    this.#receiver = new Receiver(
      this.#connections,
      this.#segments,
      this.#handshake,
      this.#stream,
      this.#exchange,
      this.#closer,
    );
    this.#arena = new Arena(libc, 1_024);
    this.#stamps = new StampClock(libc, this.#arena, clock);
    this.#wait = new PacketWait(libc, this.#arena, this.#rings);
  }

  get open(): number {
    return this.#connections.open;
  }

  get closing(): number {
    // One slot is the receiver's own.
    return this.#connections.slots.used - 1 - this.#connections.open;
  }

  start(
    arm: number,
    attempt: number,
    due: Readonly<DueTime>,
    source: number,
    sourcePort: number,
    isContinued = false,
  ): void {
    const connections = this.#connections;
    const { endpoints } = connections.arms[arm] ?? {};
    if (endpoints === undefined || this.#isClosed) throw new RangeError(`no arm ${arm} in an open engine`);
    const slot = this.#takeSlot();
    this.#clock.tick();
    connections.nowUs = this.#clock.us[0]!;
    const index = connections.begin(slot, arm, attempt, due.intendedAtUs, attempt % endpoints.length);
    connections.active.credentials[index] = credentialsAtStart(connections.arms[arm]!, isContinued);
    this.#handshake.begin(slot, source, sourcePort);
  }

  poll(maxWaitUs: number): void {
    if (this.#isClosed) return;
    this.#segments.flush();
    if (this.#receiveAll() === 0 && maxWaitUs > 0 && !this.#sweeps.areUnderWay) {
      this.#clock.tick();
      const waitUs = Math.min(maxWaitUs, this.#soonestInUs(this.#clock.us[0]!));
      if (waitUs > 0) {
        this.#wait.wait(waitUs);
        this.#receiveAll();
      }
    }
    this.#clock.tick();
    const nowUs = this.#clock.us[0]!;
    this.#connections.nowUs = nowUs;
    this.#expire(nowUs);
    if (this.#sweeps.areUnderWay) this.#sweeps.goOn();
    this.#segments.flush();
  }

  release(isHurried = false, arm?: number): void {
    this.#clock.tick();
    const { slots } = this.#connections;
    this.#connections.nowUs = this.#clock.us[0]!;
    if (!isHurried) {
      this.#sweeps.release(arm);
      return;
    }
    for (let slot = 0; slot < slots.highest; slot += 1) {
      if (arm !== undefined && slots.arm[slot] !== arm) continue;
      if (slots.phase[slot] === HELD || slots.phase[slot] === PROVING) this.#exchange.settleDone(slot);
    }
    this.#segments.flush();
  }

  closeKept(): void {
    this.#sweeps.closeKept();
  }

  abort(): void {
    this.#clock.tick();
    const { slots } = this.#connections;
    this.#connections.nowUs = this.#clock.us[0]!;
    for (let slot = 0; slot < slots.highest; slot += 1) {
      const phase = slots.phase[slot]!;
      if (phase === FREE || phase >= KEPT) continue;
      this.#exchange.settle(slot, this.#connections.phaseOf(slot), 'stopped', 0);
    }
    this.#segments.flush();
  }

  takeDrops(): EngineDrops {
    const { devices } = this.#segments;
    const ringDrops = devices.reduce((sum, { ring }) => sum + ring.takeDropped(), 0);
    const sendDrops = devices.reduce((sum, { batch }) => sum + batch.takeDropped(), 0);
    return { ...(ringDrops > 0 && { ringDrops }), ...(sendDrops > 0 && { sendDrops }) };
  }

  close(): void {
    if (this.#isClosed) return;
    if (this.open > 0) throw new Error(`${this.open} attempts are still open`);
    this.#isClosed = true;
    this.#resetUnfinished();
    for (const device of this.#segments.devices) closeDevice(device);
    this.#arena.release();
  }

  /** What has been closed by both ends as far as can be told needs no more; what has not is reset. */
  #resetUnfinished(): void {
    const { slots, active } = this.#connections;
    for (let slot = 0; slot < slots.highest; slot += 1) {
      if (slots.phase[slot]! < KEPT) continue;
      const isAnswered = active.resendAtUs[slots.active[slot]!] === Number.POSITIVE_INFINITY;
      if (isAnswered) this.#closer.forget(slot);
      else this.#closer.reset(slot);
    }
    this.#segments.flush();
  }

  #takeSlot(): number {
    const { slots } = this.#connections;
    const slot = slots.take();
    if (slot >= 0) return slot;
    const lingering = this.#connections.deadlines.oldestLingering();
    const oldest = lingering >= 0 ? lingering : slots.phase.indexOf(KEPT);
    if (oldest < 0) throw new RangeError('more than maxOpen attempts open');
    this.#closer.reset(oldest);
    return slots.take();
  }

  /** @returns how many packets were handled */
  #receiveAll(): number {
    let count = 0;
    for (let index = 0; index < this.#rings.length; index += 1) {
      const ring = this.#rings[index]!;
      if (!ring.receive()) continue;
      this.#stamps.tick();
      do {
        const { packet } = ring;
        const atUs = this.#stamps.toUs(packet.seconds, packet.nanoseconds);
        this.#receiver.receive(packet.bytes, packet.from, packet.to, atUs, packet.isChecked);
        ring.advance();
        count += 1;
      } while (count < MAX_PACKETS_PER_TURN && ring.receive());
    }
    return count;
  }

  #soonestInUs(nowUs: number): number {
    const resendUs = Math.min(this.#resends.soonestUs, this.#acks.soonestUs) - nowUs;
    return Math.max(0, Math.min(resendUs, this.#connections.deadlines.soonestInUs(nowUs)));
  }

  #expire(nowUs: number): void {
    const { slots } = this.#connections;
    this.#acks.expire(nowUs, this.#acknowledgeLate);
    this.#resends.expire(nowUs, this.#resend);
    for (;;) {
      this.#connections.nowUs = nowUs;
      const slot = this.#connections.deadlines.takeExpired(nowUs);
      if (slot < 0) return;
      if (slots.phase[slot] === SYN_SENT) this.#handshake.expire(slot);
      else if (slots.phase[slot]! >= FIN_WAIT) this.#closer.reset(slot);
      else this.#exchange.expire(slot);
    }
  }

  readonly #acknowledgeLate = (slot: number): void => {
    this.#stream.acknowledgeLate(slot);
  };

  /** An entry holds if the connection still waits for the very moment that it names. */
  readonly #resend = (slot: number, dueUs: number): void => {
    const { slots, active } = this.#connections;
    const index = slots.active[slot]!;
    if (slots.phase[slot] === FREE || index < 0 || active.resendAtUs[index] !== dueUs) return;
    if (slots.phase[slot] !== PROVING) this.#receiver.resend(slot);
    else if (!this.#proofs.again(slot)) this.#exchange.settle(slot, 'held', 'timeout', 0);
  };
}

function credentialsAtStart({ auth }: EngineArm, isContinued: boolean): number {
  if (auth === undefined) return NO_CREDENTIALS;
  return isContinued || auth.mode === 'preemptive' ? AUTHORISED : UNASKED;
}
