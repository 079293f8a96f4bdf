import { DeliverPolicy, type JsMsg } from '@nats-io/jetstream';
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

/** Follows a stream until told to end: first what it has, then what comes. */
export async function followStream(
  { jetstream }: Link,
  { stream, filter }: Omit<StreamReading, 'isOnlyLast'>,
  take: (message: JsMsg) => Promise<void> | void,
  signal: AbortSignal,
): Promise<void> {
  const consumer = await askAgain(() =>
    jetstream.consumers.get(stream, {
      filter_subjects: filter,
      deliver_policy: DeliverPolicy.All,
    }),
  );
  const messages = await consumer.consume({ max_messages: 200, expires: WAIT_MS });
  const stop = (): void => messages.stop();
  signal.addEventListener('abort', stop);
  try {
    if (signal.aborted) return;
    for await (const message of messages) {
      await take(message);
      if (signal.aborted) break;
    }
  } finally {
    signal.removeEventListener('abort', stop);
    messages.stop();
  }
}
