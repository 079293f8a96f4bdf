import { setTimeout as sleep } from 'node:timers/promises';
import {
  AckPolicy,
  type ConsumerConfig,
  type ConsumerMessages,
  DeliverPolicy,
  type JsMsg,
} from '@nats-io/jetstream';
import { EnvironmentError } from '../../errors.ts';
import { askAgain } from '../ask-again.ts';
import type { Link } from '../connect.ts';

export interface StreamReading {
  readonly stream: string;
  /** Subject, may have wildcards. */
  readonly filter: string;
  /** Only the last message of each subject. */
  readonly isOnlyLast?: boolean;
}

/** How a consumer ends: all that there was has come, it was told to, or its server has not been heard of. */
type End = 'all' | 'told' | 'silent';

/** A pull ends after this, and the next is sent; the server gives a sign of life twice in it. Milliseconds. */
const PULL_MS = 2_000;
/** A consumer that gives no sign of life for this long is replaced; milliseconds. */
const SILENT_MS = 10_000;
/** Notices of the library that the server caused: the others tell of what this side does, or misses. */
const FROM_SERVER: readonly string[] = ['heartbeat', 'debug', 'discard'];
/** A server that was started again knows nothing of it, and says so for ever. */
const IS_GONE: readonly string[] = ['consumer_not_found', 'consumer_deleted', 'stream_not_found'];

/** The server forgets a consumer that nobody asks any more after this; nanoseconds. */
const FORGOTTEN_AFTER_NS = 300_000_000_000;
/** A server that was away is asked again after this; milliseconds. */
const AGAIN_AFTER_MS = 1_000;
/** A stream that is there is read in the end; how many consumers may fall silent on the way. */
const TRIES = 10;

/**
 * Reads every message that a stream has now, in order. Where the server was lost on the way, the last message of a subject may be given
 * twice.
 */
export async function readStream(
  link: Link,
  { stream, filter, isOnlyLast = false }: StreamReading,
  take: (message: JsMsg) => Promise<void> | void,
): Promise<void> {
  let next = 1;
  const taken = async (message: JsMsg): Promise<void> => {
    await take(message);
    next = message.seq + 1;
  };
  const never = new AbortController().signal;
  for (let left = TRIES; left > 0; left -= 1) {
    const from = isOnlyLast ? { deliver_policy: DeliverPolicy.LastPerSubject } : startAt(next);
    const consumer = await Consumer.make(link, { stream, filter }, from);
    if ((await consumer.give(taken, { isOnlyWhatIs: true, signal: never })) === 'all') return;
  }
  throw new EnvironmentError('the server stopped answering again and again while its messages were read', {
    hint: 'is each of its servers running? See what "rushhour fleet up" says',
  });
}

/**
 * Follows a stream until told to end: first what it has, then what comes. A server that goes away meanwhile is awaited, and what it has
 * then is read from where it was left.
 * @throws EnvironmentError if the connection is closed for good
 */
export async function followStream(
  link: Link,
  { stream, filter }: Omit<StreamReading, 'isOnlyLast'>,
  take: (message: JsMsg) => Promise<void> | void,
  signal: AbortSignal,
): Promise<void> {
  let next = 1;
  let hasBegun = false;
  const taken = async (message: JsMsg): Promise<void> => {
    await take(message);
    next = message.seq + 1;
  };
  while (!signal.aborted) {
    let failed: unknown;
    try {
      const consumer = await Consumer.make(link, { stream, filter }, startAt(next));
      hasBegun = true;
      await consumer.give(taken, { isOnlyWhatIs: false, signal });
    } catch (error) {
      failed = error;
    }
    if (signal.aborted) return;
    if (link.connection.isClosed()) {
      throw new EnvironmentError('the connection to the server was closed', {
        hint: 'are the credentials still good? "rushhour fleet pull RUN" receives the rest',
        cause: failed,
      });
    }
    // Who may not read it, or asks for what is not there, is told at once.
    if (failed !== undefined && !hasBegun) throw failed;
    await sleep(AGAIN_AFTER_MS, undefined, { signal }).catch(() => {});
  }
}

function startAt(next: number): Partial<ConsumerConfig> {
  return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: next };
}

/**
 * A consumer of one reading. Every server that has a copy of the stream has one of it, too: the library's own ordered consumers are on one
 * server alone, and wait for ever once that is lost. Messages are not acknowledged: whoever reads knows where it stands.
 */
class Consumer {
  readonly #messages: ConsumerMessages;
  readonly #pending: number;

  private constructor(messages: ConsumerMessages, pending: number) {
    this.#messages = messages;
    this.#pending = pending;
  }

  static async make(
    { jetstream }: Link,
    { stream, filter }: Pick<StreamReading, 'stream' | 'filter'>,
    from: Partial<ConsumerConfig>,
  ): Promise<Consumer> {
    const manager = await askAgain(() => jetstream.jetstreamManager());
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
    const consumer = jetstream.consumers.getConsumerFromInfo(info);
    return new Consumer(await consumer.consume({ max_messages: 200, expires: PULL_MS }), info.num_pending);
  }

  async give(
    take: (message: JsMsg) => Promise<void>,
    { isOnlyWhatIs, signal }: { readonly isOnlyWhatIs: boolean; readonly signal: AbortSignal },
  ): Promise<End> {
    const messages = this.#messages;
    let end: End = 'silent';
    const stop = (why: End): void => {
      end = why;
      messages.stop();
    };
    const told = (): void => stop('told');
    signal.addEventListener('abort', told);
    const watch = setTimeout(() => stop('silent'), SILENT_MS);
    const noteSigns = async (): Promise<void> => {
      for await (const { type } of messages.status()) {
        if (FROM_SERVER.includes(type)) watch.refresh();
        if (IS_GONE.includes(type)) stop('silent');
      }
    };
    // Ends with the messages, or waits for nothing: nobody waits for it.
    void noteSigns();
    try {
      if (signal.aborted) return 'told';
      if (isOnlyWhatIs && this.#pending === 0) return 'all';
      let delivered = 0;
      for await (const message of messages) {
        watch.refresh();
        delivered += 1;
        // Some were on their way when the connection was lost: the next consumer gives them again.
        if (message.info.deliverySequence !== delivered) return 'silent';
        await take(message);
        if (signal.aborted) return 'told';
        if (isOnlyWhatIs && message.info.pending === 0) return 'all';
      }
      return end;
    } finally {
      clearTimeout(watch);
      signal.removeEventListener('abort', told);
      messages.stop();
    }
  }
}
