import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Act, Answer } from './acts.ts';

/** Plays acts: the request says which, by its arm and its attempt (`/arm/attempt`). */
export interface ActingFarEnd {
  readonly port: number;
  /** Connections on which all has been said and that stay open, as far as this end knows. */
  readonly held: number;
  close(): Promise<void>;
}

export async function startActing(acts: ReadonlyMap<string, readonly Act[]>): Promise<ActingFarEnd> {
  const held = new Set<Socket>();
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    listen(socket, acts, held);
    socket.on('close', () => {
      sockets.delete(socket);
      held.delete(socket);
    });
  });
  server.listen({ host: '127.0.0.1', port: 0, backlog: 1_024 });
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get held() {
      return held.size;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function listen(socket: Socket, acts: ReadonlyMap<string, readonly Act[]>, held: Set<Socket>): void {
  let received = '';
  let isOver = false;
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    received += text;
    const end = received.indexOf('\r\n\r\n');
    if (end < 0 || isOver) return;
    const request = received.slice(0, end);
    received = received.slice(end + 4);
    held.delete(socket);
    const { plain, authorised } = actOf(request, acts);
    const answer = /\r\nproxy-authorization:/i.test(request) ? authorised : plain;
    isOver = answer.ending !== 'open';
    play(socket, answer, held);
  });
  // The near end is through with it.
  socket.on('end', () => socket.end());
  socket.on('end', () => held.delete(socket));
  socket.on('error', () => held.delete(socket));
}

function actOf(request: string, acts: ReadonlyMap<string, readonly Act[]>): Act {
  const [, arm = '', attempt = ''] = /^\w+ \S*?\/([a-z-]+)\/(\d+) /.exec(request) ?? [];
  const act = acts.get(arm)?.[Number(attempt)];
  if (act === undefined) throw new Error(`no act for ${JSON.stringify(request.slice(0, 80))}`);
  return act;
}

function play(socket: Socket, { pieces, ending, isAtOnce }: Answer, held: Set<Socket>): void {
  let at = 0;
  const next = (): void => {
    const piece = pieces[at];
    if (piece !== undefined && !socket.destroyed && socket.writable) {
      at += 1;
      // Two turns of the loop: the near end, which is in the same one, has taken the last piece by then.
      socket.write(piece, () => setImmediate(() => setImmediate(next)));
    } else leave();
  };
  const leave = (): void => {
    if (socket.destroyed) return;
    if (ending === 'rst') socket.resetAndDestroy();
    else if (ending === 'fin') socket.destroySoon();
    else if (ending === 'half') socket.end();
    else if (socket.writable) held.add(socket);
  };
  if (!isAtOnce) {
    next();
    return;
  }
  for (const piece of pieces) socket.write(piece);
  // What the system has not taken yet would be lost with a reset.
  if (socket.writableLength === 0) leave();
  else socket.once('drain', leave);
}
