import { type Msg, type NatsConnection, RequestError } from '@nats-io/transport-node';

/**
 * Asks the program that runs the server to which this connection goes, which is there, and of a cluster any other only if
 * that one has none. A server gives what it has for a queue to any of the cluster, one that is cut off and not yet known to be
 * so among them.
 * @param subjectAt of the program at the server of a name; undefined: of any
 * @throws Error of the library if nobody answers in time
 */
export async function askNearest(
  connection: NatsConnection,
  subjectAt: (name?: string) => string,
  body: string,
  timeout: number,
): Promise<Msg> {
  const name = connection.info?.server_name;
  try {
    return await connection.request(subjectAt(name), body, { timeout });
  } catch (error) {
    if (name === undefined || !isUnheard(error)) throw error;
    return connection.request(subjectAt(), body, { timeout });
  }
}

/** Nobody listens there: the program that ran that server has ended. */
function isUnheard(error: unknown): boolean {
  return error instanceof RequestError && error.isNoResponders();
}
