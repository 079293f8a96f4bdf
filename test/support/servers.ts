import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** One connection as the far end saw it. */
export interface Seen {
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Everything received. */
  received: string;
  /** How the near end closed: not yet, by FIN, or by RST (also: an RST after its FIN). */
  closed: 'open' | 'fin' | 'reset';
}

export interface Peer {
  readonly host: string;
  readonly port: number;
  /** In order of acceptance. */
  readonly seen: readonly Seen[];
  /** Resolves once the near end has closed that many connections, one way or the other. */
  closedByNear(count: number): Promise<void>;
}

/** What a peer does with a connection; `request` is called once for each complete request. */
export interface Behaviour {
  readonly accepted?: (socket: Socket) => void;
  readonly request?: (socket: Socket, message: string) => void;
  /** False: what the near end sends is never read. */
  readonly reads?: boolean;
}

/** A small TCP server on loopback that behaves as told, until the present test is over. */
export async function startPeer(behaviour: Behaviour, host = '127.0.0.1'): Promise<Peer> {
  const seen: Seen[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: behaviour.reads === false });
  server.on('connection', (socket) => {
    sockets.add(socket);
    const entry = follow(socket, behaviour);
    seen.push(entry);
    socket.on('close', () => sockets.delete(socket));
    socket.on('close', () => server.emit('seen'));
    behaviour.accepted?.(socket);
  });
  server.listen({ host, port: 0, backlog: 4_096 });
  await once(server, 'listening');
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return {
    host,
    port: (server.address() as AddressInfo).port,
    seen,
    async closedByNear(count) {
      while (seen.filter(({ closed }) => closed !== 'open').length < count) await once(server, 'seen');
    },
  };
}

function follow(socket: Socket, behaviour: Behaviour): Seen {
  const entry: Seen = {
    remoteAddress: socket.remoteAddress ?? '',
    remotePort: socket.remotePort ?? 0,
    received: '',
    closed: 'open',
  };
  let taken = 0;
  /** End of the request that has begun to come; 0 while that cannot be told. */
  let end = 0;
  socket.setNoDelay(true);
  socket.setEncoding('latin1');
  if (behaviour.reads !== false) {
    socket.on('data', (chunk: string) => {
      entry.received += chunk;
      for (;;) {
        // Once for each request: looking into a text that grows costs a copy of all there is, each time.
        if (end === 0) end = endOfRequest(entry.received, taken);
        if (end === 0 || entry.received.length < end) return;
        const message = entry.received.slice(taken, end);
        [taken, end] = [end, 0];
        behaviour.request?.(socket, message);
      }
    });
  }
  socket.on('end', () => {
    if (entry.closed === 'open') entry.closed = 'fin';
    socket.end();
  });
  socket.on('error', () => {
    entry.closed = 'reset';
  });
  return entry;
}

/** Where the request ends, or will end, that begins at `from`; 0 while its head is not complete. */
function endOfRequest(text: string, from: number): number {
  const headEnd = text.indexOf('\r\n\r\n', from);
  if (headEnd < 0) return 0;
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(text.slice(from, headEnd))?.[1] ?? 0);
  return headEnd + 4 + length;
}

/** A response with a Content-Length, unless the head is given whole. */
export function responseOf(body: string, status = '200 OK', fields = ''): string {
  return `HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\n${fields}\r\n${body}`;
}

/** Answers every request with the same bytes, then sends FIN (`closes`) or leaves the connection open. */
export function answering(bytes: string, then: 'closes' | 'stays' | 'resets'): Behaviour {
  return {
    request(socket) {
      if (then === 'closes') socket.end(bytes, 'latin1');
      else if (then === 'stays') socket.write(bytes, 'latin1');
      else socket.write(bytes, 'latin1', () => socket.resetAndDestroy());
    },
  };
}

/** Answers byte by byte, a turn of the loop between each, then sends FIN or leaves the connection open. */
export function dripping(bytes: string, then: 'closes' | 'stays' = 'closes'): Behaviour {
  return {
    request(socket) {
      let at = 0;
      const drip = (): void => {
        if (at === bytes.length) {
          if (then === 'closes') socket.end();
        } else socket.write(bytes[at++]!, 'latin1', () => setImmediate(drip));
      };
      drip();
    },
  };
}

/** A loopback port that nothing listens on; it was free a moment ago. */
export async function findClosedPort(host = '127.0.0.1'): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
