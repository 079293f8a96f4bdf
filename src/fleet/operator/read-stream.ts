import { setTimeout as sleep } from 'node:timers/promises';
import { type ConsumerConfig, DeliverPolicy, type JsMsg } from '@nats-io/jetstream';
import { EnvironmentError } from '../../errors.ts';
import type { Link } from '../connect.ts';
import { StreamConsumer } from './stream-consumer.ts';

export interface StreamReading {
  readonly stream: string;
  /** Subject, may have wildcards. */
  readonly filter: string;
  /** Only the last message of each subject. */
  readonly isOnlyLast?: boolean;
}

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
  for (let left = TRIES; left > 0; left -= 1) {
    const from = isOnlyLast ? { deliver_policy: DeliverPolicy.LastPerSubject } : startAt(next);
    const consumer = await StreamConsumer.make(link, { stream, filter }, from);
    if (await consumer.giveAll(taken)) return;
  }
  throw new EnvironmentError('the server stopped answering again and again while its messages were read', {
    hint: 'is each of its servers running? See what "rushhour fleet up" says',
  });
}

/**
 * Follows a stream until told to end: first what it has, then what comes. A server that goes away meanwhile is awaited, and what it has
 * then is read from where it was left.
 * @throws EnvironmentError if the connection is closed for good
 * @throws whatever `take` throws, which another try would not mend
 */
export async function followStream(
  link: Link,
  { stream, filter }: Omit<StreamReading, 'isOnlyLast'>,
  take: (message: JsMsg) => Promise<void> | void,
  signal: AbortSignal,
): Promise<void> {
  let next = 1;
  let hasBegun = false;
  let untaken: { readonly why: unknown } | undefined;
  const taken = async (message: JsMsg): Promise<void> => {
    try {
      await take(message);
    } catch (why) {
      untaken = { why };
      throw why;
    }
    next = message.seq + 1;
  };
  while (!signal.aborted) {
    let failed: unknown;
    try {
      const consumer = await StreamConsumer.make(link, { stream, filter }, startAt(next));
      hasBegun = true;
      await consumer.give(taken, signal);
    } catch (error) {
      failed = error;
    }
    if (untaken !== undefined) throw untaken.why;
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
