import type { Browser } from '../engine/browser/browser.ts';
import { BrowserEngine, sourceOf } from '../engine/browser/engine.ts';
import { PROFILES } from '../engine/browser/profiles/profiles.ts';
import { DescriptorSockets } from '../engine/browser/sockets/descriptors.ts';
import type { Sockets } from '../engine/browser/sockets/types.ts';
import type { BrowserHost, ConnectPermit } from '../engine/browser/types.ts';
import type { AttemptRecord } from '../engine/types.ts';
import type { Recorder } from '../metrics/recorder.ts';
import { FIRST_USE, type ReuseAge } from '../metrics/reuse-bins.ts';
import type { Clock } from '../net/ticker.ts';
import type { DropReason } from '../outcome/outcome.ts';
import { browserShare, createPauses, PageTimes } from '../plan/browsers.ts';
import { TimeHeap } from '../plan/ports/time-heap.ts';
import type { BrowserLoad } from '../scenario/load-types.ts';
import { toBrowserArm } from './browser-arm.ts';
import { BrowserPorts } from './browser-ports.ts';
import { RETRY_US, type Standing } from './feeder.ts';
import type { LoopFeeder } from './loop.ts';
import type { PlannedArm, ShardPlan } from './protocol.ts';
import type { TokenStock } from './token-stock.ts';

export interface BrowserRunnerOptions {
  readonly plan: ShardPlan;
  readonly planned: PlannedArm;
  readonly load: BrowserLoad;
  /** The arm's index in the plan. */
  readonly index: number;
  readonly recorder: Recorder;
  readonly clock: Clock;
  /** Connections open in the whole shard. */
  readonly countOpen: () => number;
  /** For an arm with Negotiate. */
  readonly stock?: TokenStock;
  /** Where connections come from; absent: Node. */
  readonly sockets?: Sockets;
}

/** A connection that has not ended. */
interface Opened {
  /** Number of the browser that opened it. */
  readonly browser: number;
  /** 0: the system chooses. */
  readonly port: number;
  /** How long its port had rested. */
  readonly age: ReuseAge;
}

/**
 * How much later than it is due a page may be opened, microseconds: people are not as punctual as that. Each page was
 * once waited for this long without sleeping, as an attempt of an open loop is, which took more time than loading it.
 */
const MAY_BE_LATE_US = 1_500;

/** Joins what a population of browsers needs: the page schedule, the connections, and the recorder. */
export class BrowserRunner implements BrowserHost, LoopFeeder {
  readonly engine: BrowserEngine;
  readonly clock: Clock;
  readonly #options: BrowserRunnerOptions;
  readonly #browsers: Browser[] = [];
  /**
   * When each browser opens its next page, by its position in {@link #browsers}; browsers loading one are left out.
   */
  readonly #due = new TimeHeap();
  /** Browsers that wait for permission to open a connection. */
  readonly #blocked = new Set<Browser>();
  /** By the position of their browser. */
  readonly #times: PageTimes[] = [];
  /** By attempt. */
  readonly #opened = new Map<number, Opened>();
  /** Undefined if the system chooses the ports. */
  readonly #ports: BrowserPorts | undefined;
  #tellSooner: ((dueUs: number) => void) | undefined;
  #attempts = 0;
  #nonces = 0;
  #isStopped = false;

  /**
   * The sockets that all populations of a shard share: beside the raw engine, by system calls as it makes them.
   * @returns undefined if each population has Node's
   */
  static socketsFor(
    { engine, maxOpen }: Pick<ShardPlan, 'engine' | 'maxOpen'>,
    clock: Clock,
  ): Sockets | undefined {
    return engine === 'raw' ? new DescriptorSockets(clock, maxOpen) : undefined;
  }

  constructor(options: BrowserRunnerOptions) {
    const { plan, load, index, clock } = options;
    this.#options = options;
    this.clock = clock;
    this.engine = new BrowserEngine(
      index,
      toBrowserArm(options.planned, load, plan.maxOpen, options.stock),
      this,
      options.sockets,
    );
    this.#ports = BrowserPorts.open(options.planned, plan.index, plan.count);
    for (const { browser, atUs } of browserShare(load, plan.index, plan.count)) {
      this.#due.push(atUs, this.#browsers.push(this.engine.add(browser)) - 1);
      const pauses = createPauses(load.thinkUs, browser);
      this.#times.push(new PageTimes(pauses, PROFILES[load.profile].reloadsAfterUs));
    }
  }

  /** A page continues after the last one was opened: it may still need connections. */
  standing(): Standing {
    if (this.#blocked.size > 0 || !this.#isStopped || Number.isFinite(this.engine.dueUs)) return 'timed';
    return this.engine.isLoading ? 'waiting' : 'exhausted';
  }

  /**
   * When it has to be looked at next: a page may be opened a little later than it is due. The end of the load counts as an
   * event: idle browsers then close their connections. Pages in progress have times of their own.
   */
  nextDueUs(nowUs: number): number {
    if (this.#blocked.size > 0) return nowUs + RETRY_US;
    const pageUs = this.#isStopped
      ? Number.POSITIVE_INFINITY
      : Math.min(this.#due.soonestUs, this.#options.load.forUs) + MAY_BE_LATE_US;
    return Math.min(pageUs, this.engine.dueUs);
  }

  onSooner(tell: (dueUs: number) => void): void {
    this.#tellSooner = tell;
  }

  launch(nowUs: number, budget: number): number {
    this.#unblock();
    let handled = 0;
    while (!this.#isStopped && handled < budget && this.#due.soonestUs <= nowUs) {
      const dueUs = this.#due.soonestUs;
      if (dueUs >= this.#options.load.forUs) break;
      this.#browsers[this.#due.pop()]!.open(dueUs);
      handled += 1;
    }
    if (nowUs >= this.#options.load.forUs && handled < budget) this.stop();
    return handled;
  }

  settled(record: Readonly<AttemptRecord>): void {
    const { recorder, index } = this.#options;
    const { age, browser } = this.#opened.get(record.attempt)!;
    const outcome = recorder.settled(record, false, age);
    recorder.browsing(index)?.closed(browser);
    this.#ports?.release(record, outcome);
    this.#opened.delete(record.attempt);
    this.#options.stock?.release(record.attempt);
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.engine.release();
  }

  permit(browser: number, endpoint: number, sinceUs: number, intendedAtUs: number): ConnectPermit {
    const { plan, index, recorder, stock } = this.#options;
    const nowUs = this.clock();
    const blockedReason = this.#blockedReason(browser, nowUs);
    if (blockedReason !== undefined) {
      if (this.waits(browser, sinceUs)) return 'wait';
      recorder.dropped(index, false, blockedReason);
      return 'never';
    }
    const attempt = plan.index + plan.count * this.#attempts++;
    const { port, age } = this.#ports?.take(this.#sourceOf(browser), nowUs) ?? SYSTEM_CHOOSES;
    recorder.begun(index, false, endpoint, { intendedAtUs, begunAtUs: nowUs }, age);
    recorder.browsing(index)?.opened(browser);
    this.#opened.set(attempt, { browser, port, age });
    stock?.promise(attempt);
    return attempt;
  }

  waits(browser: number, sinceUs: number): boolean {
    if (this.clock() - sinceUs > this.#options.plan.maxLatenessUs) return false;
    this.#blocked.add(this.#browsers[this.#placeOf(browser)]!);
    return true;
  }

  portOf(attempt: number): number {
    return this.#opened.get(attempt)!.port;
  }

  nextNonce(): number {
    const { index, count } = this.#options.plan;
    return index + count * this.#nonces++;
  }

  established(record: Readonly<AttemptRecord>): void {
    this.#options.recorder.established(record, false, this.#opened.get(record.attempt)!.age);
  }

  challenged(tookUs: number): void {
    this.#options.recorder.challenged(this.#options.index, tookUs);
  }

  answered(status: number, errorName: string): void {
    this.#options.recorder.answered(this.#options.index, status, errorName);
  }

  objectOver(tookUs: number): void {
    this.#options.recorder.objectOver(this.#options.index, tookUs);
  }

  pageOver(browser: number, tookUs: number, isErrorPage: boolean): void {
    const { recorder, index } = this.#options;
    recorder.pageOver(index, tookUs);
    if (this.#isStopped) return;
    const place = this.#placeOf(browser);
    const dueUs = this.#times[place]!.nextUs(this.clock(), isErrorPage);
    this.#due.push(dueUs, place);
    this.#tellSooner?.(dueUs);
  }

  #unblock(): void {
    if (this.#blocked.size === 0) return;
    const blocked = [...this.#blocked];
    this.#blocked.clear();
    for (const browser of blocked) browser.pump();
  }

  #blockedReason(browser: number, nowUs: number): DropReason | undefined {
    const { countOpen, plan, stock } = this.#options;
    if (countOpen() >= plan.maxOpen) return 'unsent-open-limit';
    if (stock?.hasAny() === false) return 'unsent-no-credentials';
    return this.#ports?.hasFree(this.#sourceOf(browser), nowUs) === false ? 'unsent-no-port' : undefined;
  }

  #sourceOf(browser: number): number {
    return sourceOf(browser, this.#options.planned);
  }

  /** As laid out by {@link browserShare}. */
  #placeOf(browser: number): number {
    const { index, count } = this.#options.plan;
    return (browser - index) / count;
  }
}

const SYSTEM_CHOOSES = { port: 0, age: FIRST_USE };
