import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Answer } from './answer.ts';
import type { Health } from './health.ts';
import { retryAfterMs, Wait } from './retry.ts';
import type { Batch, Spool } from './spool.ts';
import type { Pace, SinkReport } from './types.ts';

const compress = promisify(gzip);

export interface DeliveryOptions {
  readonly spool: Spool;
  readonly health: Health;
  readonly pace: Pace;
  /** Hands a batch over, compressed. Throws nothing. */
  readonly send: (body: Buffer, signal: AbortSignal) => Promise<Answer>;
}

/**
 * Makes batches of seconds and hands them over, one at a time, in order. A batch is on the disk before it is sent; it
 * goes once the sink has it, or says that it never will.
 */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #wait = new Wait();
  readonly #abort = new AbortController();
  /** The batch that is not closed yet. */
  #texts: string[] = [];
  #lines = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Work on the disk, one thing after the other. */
  #disk: Promise<void> = Promise.resolve();
  #pumping: Promise<void> = Promise.resolve();
  #isPumping = false;
  #failures = 0;
  #isFinishing = false;
  #delivered = 0;
  #caughtUp = 0;
  #refused = 0;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /** Begins with what earlier runs left. */
  start(): void {
    this.#pump();
  }

  /** Takes the lines of one second. */
  add(lines: readonly string[]): void {
    if (this.#isFinishing) return;
    const text = lines.map((line) => `${line}\n`).join('');
    this.#texts.push(text);
    this.#lines += lines.length;
    this.#queue(() => this.#options.spool.note(text));
    const { batchSeconds, batchSecondsAway, batchLines } = this.#options.pace;
    const seconds = this.#options.health.isAway ? batchSecondsAway : batchSeconds;
    if (this.#texts.length >= seconds || this.#lines >= batchLines) this.#close();
    // Seconds may cease to come, in a soak that waits for its network.
    else this.#timer ??= setTimeout(() => this.#close(), batchSeconds * 2_000).unref();
  }

  /** Delivers what is left until the sink fails, for at most this long. */
  async finish(withinMs: number): Promise<Omit<SinkReport, 'name' | 'fault' | 'dropped'>> {
    this.#isFinishing = true;
    const timer = setTimeout(() => this.#abort.abort(), withinMs);
    this.#close();
    this.#wait.wake();
    await this.#disk;
    this.#pump();
    await this.#pumping;
    clearTimeout(timer);
    const { spool } = this.#options;
    await spool.close();
    return {
      delivered: this.#delivered,
      caughtUp: this.#caughtUp,
      spooled: spool.batches.reduce((sum, { seconds }) => sum + seconds, 0),
      refused: this.#refused,
    };
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#texts.length === 0) return;
    const [text, seconds] = [this.#texts.join(''), this.#texts.length];
    this.#texts = [];
    this.#lines = 0;
    this.#queue(async () => {
      await this.#options.spool.add(await compress(text), seconds);
      this.#pump();
    });
  }

  #queue(work: () => Promise<void>): void {
    this.#disk = this.#disk.then(work).catch((error: unknown) => this.#confess(error));
  }

  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    this.#pumping = this.#deliverAll().catch((error: unknown) => this.#confess(error));
  }

  async #deliverAll(): Promise<void> {
    const { spool, send, pace } = this.#options;
    try {
      while (spool.batches.length > 0 && !this.#abort.signal.aborted) {
        const next = await spool.takeOldest();
        if (next === undefined) continue;
        const answer = await send(next.body, this.#abort.signal);
        const pauseMs = await this.#settle(next.batch, answer, pace);
        if (pauseMs === undefined) continue;
        // The end of a run does not wait for a sink that is unreachable.
        if (this.#isFinishing) return;
        await this.#wait.forMs(pauseMs);
      }
    } finally {
      // In the same turn as the look at the batches: one that is added after it starts the next pump.
      this.#isPumping = false;
    }
  }

  /** @returns how long to wait before the next attempt; undefined: no wait */
  async #settle(batch: Batch, answer: Answer, pace: Pace): Promise<number | undefined> {
    const { spool, health } = this.#options;
    const waits = 'seconds wait in the spool';
    switch (answer.kind) {
      case 'taken':
      case 'bad':
        this.#failures = 0;
        health.back();
        await spool.remove(batch);
        this.#count(batch, answer);
        return undefined;
      case 'away':
        if (this.#abort.signal.aborted) return 0;
        this.#failures += 1;
        health.away('away', answer.why, waits);
        return answer.afterMs ?? retryAfterMs(this.#failures, pace);
      case 'refused':
        // The cure is the same for each fault of a kind; the words may differ from answer to answer.
        health.away(answer.cure, answer.why, `${waits}; ${answer.cure}`);
        return pace.refusedRetryMs;
    }
  }

  #count({ seconds, isOwn }: Batch, answer: Extract<Answer, { kind: 'taken' | 'bad' }>): void {
    if (answer.kind === 'bad') {
      this.#refused += seconds;
      this.#options.health.note('bad', `${answer.why}; these points are lost, and it goes on with the next`);
    } else if (isOwn) this.#delivered += seconds;
    else this.#caughtUp += seconds;
  }

  /** A sink never stops a run, not even by a fault of this program. */
  #confess(error: unknown): void {
    this.#options.health.note('internal', error instanceof Error ? error.message : String(error));
  }
}
