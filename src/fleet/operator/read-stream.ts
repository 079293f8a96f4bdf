import { setTimeout as sleep } from 'node:timers/promises';
import { DeliverPolicy, type JsMsg } from '@nats-io/jetstream';
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

/** Nothing more is there, as the server says after this; milliseconds. */
const WAIT_MS = 2_000;
/** A server that was away is asked again after this; milliseconds. */
const AGAIN_AFTER_MS = 1_000;

/** Reads every message that a stream has now, in order. */
export async function readStream(
  { jetstream }: Link,
  { stream, filter, isOnlyLast = false }: StreamReading,
  take: (message: JsMsg) => Promise<void> | void,
): Promise<void> {
  const consumer = await askAgain(() =>
    jetstream.consumers.get(stream, {
      filter_subjects: filter,
      deliver_policy: isOnlyLast ? DeliverPolicy.LastPerSubject : DeliverPolicy.All,
    }),
  );
  const { num_pending: pending } = await askAgain(() => consumer.info(true));
  if (pending === 0) return;
  const messages = await consumer.consume({ max_messages: 200 });
  for await (const message of messages) {
    await take(message);
    if (message.info.pending === 0) break;
  }
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
  const begun = (): void => {
    hasBegun = true;
  };
  const taken = async (message: JsMsg): Promise<void> => {
    await take(message);
    next = message.seq + 1;
  };
  while (!signal.aborted) {
    let failed: unknown;
    await followFrom(link, { stream, filter, next }, { begun, taken }, signal).catch((error: unknown) => {
      failed = error;
    });
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

async function followFrom(
  { jetstream }: Link,
  { stream, filter, next }: Pick<StreamReading, 'stream' | 'filter'> & { readonly next: number },
  { begun, taken }: { begun: () => void; taken: (message: JsMsg) => Promise<void> },
  signal: AbortSignal,
): Promise<void> {
  const consumer = await askAgain(() =>
    jetstream.consumers.get(stream, {
      filter_subjects: filter,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: next,
    }),
  );
  const messages = await consumer.consume({ max_messages: 200, expires: WAIT_MS });
  begun();
  const stop = (): void => messages.stop();
  signal.addEventListener('abort', stop);
  try {
    if (signal.aborted) return;
    for await (const message of messages) {
      await taken(message);
      if (signal.aborted) break;
    }
  } finally {
    signal.removeEventListener('abort', stop);
    messages.stop();
  }
}
