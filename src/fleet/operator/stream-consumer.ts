import { AckPolicy, type Consumer, type ConsumerConfig, type JsMsg } from '@nats-io/jetstream';
import { askAgain } from '../ask-again.ts';
import type { Link } from '../connect.ts';

/** A pull ends after this, and the next is sent; the server gives a sign of life twice in it. Milliseconds. */
const PULL_MS = 2_000;
/** One that gives no sign of life for this long has been lost; milliseconds. */
const SILENT_MS = 10_000;
/** Notices of the library that the server caused: the others tell of what this side does, or misses. */
const FROM_SERVER: readonly string[] = ['heartbeat', 'debug', 'discard'];
/** A server that was started again knows nothing of it, and says so for ever. */
const IS_GONE: readonly string[] = ['consumer_not_found', 'consumer_deleted', 'stream_not_found'];
/** A pull has ended without as many messages as it asked for (NATS ADR-13). */
const NOTHING_MORE = 408;

/** The server forgets one that nobody asks any more after this; nanoseconds. */
const FORGOTTEN_AFTER_NS = 300_000_000_000;

/**
 * One reading of a stream. Every server that has a copy of the stream has one of this, too: the library's own ordered consumers are on one
 * server alone, and wait for ever once that is lost. Messages are not acknowledged: whoever reads knows where it stands.
 */
export class StreamConsumer {
  readonly #consumer: Consumer;
  readonly #pending: number;

  private constructor(consumer: Consumer, pending: number) {
    this.#consumer = consumer;
    this.#pending = pending;
  }

  /** @param filter subject, may have wildcards */
  static async make(
    { jetstream }: Link,
    { stream, filter }: { readonly stream: string; readonly filter: string },
    from: Partial<ConsumerConfig>,
  ): Promise<StreamConsumer> {
    const manager = await jetstream.jetstreamManager(false);
    const { config } = await askAgain(() => manager.streams.info(stream));
    const info = await askAgain(() =>
      manager.consumers.add(stream, {
        ...from,
        filter_subject: filter,
        ack_policy: AckPolicy.None,
        inactive_threshold: FORGOTTEN_AFTER_NS,
        num_replicas: config.num_replicas,
        mem_storage: true,
      }),
    );
    return new StreamConsumer(jetstream.consumers.getConsumerFromInfo(info), info.num_pending);
  }

  /** Gives what the stream has now. @returns whether that was all; false: it has been lost on the way */
  async giveAll(take: (message: JsMsg) => Promise<void>): Promise<boolean> {
    if (this.#pending > 0) return this.#consume(take, { isOnlyWhatIs: true });
    this.#forget();
    return true;
  }

  /** Gives what the stream has, and what comes, until told to end, or until it has been lost. */
  async give(take: (message: JsMsg) => Promise<void>, signal: AbortSignal): Promise<void> {
    await this.#consume(take, { isOnlyWhatIs: false, signal });
  }

  /** @returns whether it ended as it should; false: it has been lost */
  async #consume(
    take: (message: JsMsg) => Promise<void>,
    { isOnlyWhatIs, signal }: { readonly isOnlyWhatIs: boolean; readonly signal?: AbortSignal },
  ): Promise<boolean> {
    const messages = await this.#consumer.consume({ max_messages: 200, expires: PULL_MS });
    let isTold = signal?.aborted === true;
    // What has been received until then is still given.
    const end = (): void => {
      isTold = true;
      messages.stop();
    };
    signal?.addEventListener('abort', end);
    const watch = setTimeout(() => messages.stop(), SILENT_MS);
    const heed = async (): Promise<void> => {
      for await (const told of messages.status()) {
        if (FROM_SERVER.includes(told.type)) watch.refresh();
        if (IS_GONE.includes(told.type)) messages.stop();
        const mayBeAll = isOnlyWhatIs && told.type === 'debug' && told.code === NOTHING_MORE;
        if (mayBeAll && (await this.#hasGiven(messages.getReceived()))) end();
      }
    };
    // Ends with the messages, or waits for nothing: nobody waits for it.
    void heed();
    try {
      if (isTold) return true;
      let delivered = 0;
      for await (const message of messages) {
        watch.refresh();
        delivered += 1;
        // Some were on their way when the connection was lost: the next one gives them again.
        if (message.info.deliverySequence !== delivered) return false;
        await take(message);
        const isOver = signal?.aborted === true || (isOnlyWhatIs && message.info.pending === 0);
        if (isOver) return true;
      }
      return isTold;
    } finally {
      clearTimeout(watch);
      signal?.removeEventListener('abort', end);
      messages.stop();
      this.#forget();
    }
  }

  /** Whether all that is left of what there was has been received, of which some may have been removed meanwhile. */
  #hasGiven(received: number): Promise<boolean> {
    return this.#consumer.info().then(
      ({ num_pending, delivered }) => num_pending === 0 && delivered.consumer_seq <= received,
      () => false,
    );
  }

  /** The server need not keep it until nobody has asked for a while. */
  #forget(): void {
    this.#consumer.delete().catch(() => {});
  }
}
