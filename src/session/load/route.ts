import { createSocket } from 'node:dgram';
import type { Endpoint } from '../../engine/types.ts';

/** The address that the system would send from, or why it would not send. */
export type Route = { readonly source: string } | { readonly code: string; readonly cause: Error };

/** Queries the routing table: connecting a UDP socket sends nothing. */
export function findRoute({ address, port, family }: Endpoint): Promise<Route> {
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  return new Promise<Route>((resolve) => {
    const fail = (cause: NodeJS.ErrnoException): void =>
      resolve({ code: cause.code ?? cause.message, cause });
    socket.once('error', fail);
    // Without a route, the callback receives the error and no event follows.
    socket.connect(port, address, (error?: Error) =>
      error === undefined ? resolve({ source: socket.address().address }) : fail(error),
    );
  }).finally(() => socket.close());
}
