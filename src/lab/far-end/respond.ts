import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FarEndOptions } from './protocol.ts';

export type Respond = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * The origin's response to any request, the same through the proxy or not, except for two fields: `X-Rushhour-Peer` is
 * the address and port from which the connection arrives here, after every NAT, and `X-Rushhour-Role` says which server
 * saw it.
 */
export function createRespond(options: FarEndOptions, role: 'proxy' | 'origin'): Respond {
  const body = Buffer.alloc(options.responseBytes, 'rush hour ');
  const headers = {
    'Content-Type': 'text/plain',
    'Content-Length': String(body.length),
    // Without the field Node does what the request asks for.
    ...(options.keepAlive ? {} : { Connection: 'close' }),
  };
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const { remoteAddress = '', remotePort = 0 } = request.socket;
    response.writeHead(200, {
      ...headers,
      'X-Rushhour-Peer': `${remoteAddress.includes(':') ? `[${remoteAddress}]` : remoteAddress}:${remotePort}`,
      'X-Rushhour-Role': role,
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
  return (request, response) => {
    // An unread body would turn the close into a reset.
    request.resume();
    if (options.delayMs === 0) answer(request, response);
    else setTimeout(answer, options.delayMs, request, response);
  };
}

/** Rejects a request with the reason as the body, and closes. */
export function refuse(response: ServerResponse, status: number, reason: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain', Connection: 'close' });
  response.end(`${reason}\n`);
}
