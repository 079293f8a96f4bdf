import type { Socket } from 'node:net';
import { Client } from 'undici';

/**
 * The longest timer that Node supports, milliseconds: idle connections are timed by their owner, not by undici or by
 * hints from the far end.
 */
const NEVER_MS = 2 ** 31 - 1;

/**
 * undici's client for one connected socket: it sends one request at a time, has no timeouts, and opens no other
 * connection.
 * @param origin such as `http://192.0.2.1:3128`
 */
export function createClient(origin: string, socket: Socket): Client {
  let isTaken = false;
  return new Client(origin, {
    // Where undici would open another connection, the owner decides instead. undici would miss a response that arrived
    // before this returns, because it is not waiting for it yet.
    connect: (_options, callback) => {
      const isAgain = isTaken;
      isTaken = true;
      queueMicrotask(() => {
        if (isAgain) callback(new Error('closed by the far end'), null);
        else callback(null, socket);
      });
    },
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: NEVER_MS,
    keepAliveMaxTimeout: NEVER_MS,
    keepAliveTimeoutThreshold: -NEVER_MS,
  });
}
