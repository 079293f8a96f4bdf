import type { Link } from '../connect.ts';

/** Resolves once the server has stored the message under its id, or had it already; rejects if that is not known. */
export type Publish = (subject: string, id: string, payload: Uint8Array) => Promise<void>;

/** A server that has lost its leader, or its disk, says so late or never. */
const STORED_WITHIN_MS = 5_000;

/** What the server has not said that it stored, within its time, counts as not stored, and is sent again. */
export function publishTo({ jetstream }: Link): Publish {
  return async (subject, id, payload) => {
    await jetstream.publish(subject, payload, { msgID: id, timeout: STORED_WITHIN_MS });
  };
}
