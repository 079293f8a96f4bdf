import { JetStreamApiError, type JetStreamManager } from '@nats-io/jetstream';
import { STREAMS } from '../protocol.ts';

/** JetStream's "consumer not found" (nats-server, server/errors.json). */
const NO_CONSUMER = 10_014;

/**
 * Whether the credentials that a probe had were taken back: it has no consumer of orders any more, or has one that was
 * made later, as it was enrolled anew.
 * @param sinceMs when it is known to have had credentials, milliseconds since 1970 by the clock of the server
 * @throws Error if the server does not answer, which says nothing about it
 */
export async function isRevokedSince(
  manager: JetStreamManager,
  probe: string,
  sinceMs = Number.POSITIVE_INFINITY,
): Promise<boolean> {
  try {
    const { created } = await manager.consumers.info(STREAMS.orders.name, probe);
    return Date.parse(created) > sinceMs;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === NO_CONSUMER) return true;
    throw error;
  }
}
