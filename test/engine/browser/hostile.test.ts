import type { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { type Behaviour, responseOf, startPeer } from '../../support/servers.ts';
import { authOf, describeWithEachSockets, populate } from './population.ts';

/** Writes the same again and again, until nobody listens. */
function flood(socket: Socket, piece: string): void {
  if (socket.destroyed) return;
  socket.write(piece.repeat(200));
  setImmediate(() => flood(socket, piece));
}

/** Answers each connection's first request, and floods it after the second. */
function keptThenFlooded(piece: string): Behaviour {
  const before = new Set<Socket>();
  return {
    request(socket) {
      if (before.has(socket)) flood(socket, piece);
      else socket.write(responseOf('hello'));
      before.add(socket);
    },
  };
}

const asks = (scheme: string, fields = ''): string =>
  responseOf('who?', '407 Who', `Proxy-Authenticate: ${scheme} realm="x"\r\n${fields}`);

describeWithEachSockets('what a far end sends without an end', () => {
  it.each([
    ['lines of a head', 'X-More: and more\r\n', 'response-garbage'],
    ['one line of a head', 'x', 'response-garbage'],
    ['interim answers', 'HTTP/1.1 100 Continue\r\n\r\n', 'response-garbage'],
    ['a body', 'HTTP/1.1 200 OK\r\nContent-Length: 9000000000\r\n\r\n', 'response-timeout'],
    ['a body until the close', 'HTTP/1.1 200 OK\r\n\r\n', 'response-timeout'],
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', 'response-timeout'],
  ])('is borne and named, and fails its object: %s', async (what, piece, outcome) => {
    const isBody = outcome === 'response-timeout';
    const head = isBody ? piece : 'HTTP/1.1 200 OK\r\n';
    const more = what === 'chunks' ? '1\r\nx\r\n' : isBody ? 'x' : piece;
    const peer = await startPeer({
      request(socket) {
        socket.on('error', () => undefined);
        socket.write(what === 'interim answers' ? '' : head);
        flood(socket, more);
      },
    });
    const { add, pages, settled, outcomes, told, records } = populate(peer, {
      objects: 3,
      responseTimeoutUs: isBody ? 200_000 : 20_000_000,
    });
    add().open(0);
    await pages(1);
    await settled(1);
    expect(outcomes).toEqual([outcome]);
    expect(told.objects).toEqual([-1]);
    expect(records).toHaveLength(1);
  });

  it('is not asked for again where it came on a connection used before', async () => {
    const peer = await startPeer(keptThenFlooded('x'));
    const { add, pages, told, outcomes } = populate(peer, { connections: 1 });
    const browser = add();
    browser.open(0);
    await pages(1);
    browser.open(0);
    await pages(2);
    expect(told.objects).toEqual([expect.any(Number), -1]);
    expect(outcomes).toEqual(['response-garbage']);
    expect(peer.seen).toHaveLength(1);
  });

  it('closes a connection on which something comes that nobody asked for', async () => {
    const peer = await startPeer({
      request: (socket) => void socket.write(responseOf('hello') + responseOf('more')),
    });
    const { add, pages, told, settled, outcomes } = populate(peer, { objects: 3, connections: 1 });
    add().open(0);
    await pages(1);
    await settled(3);
    expect(told.objects.every((us) => us >= 0)).toBe(true);
    expect(outcomes).toEqual(['ok', 'ok', 'ok']);
  });
});

describeWithEachSockets('a proxy that is never content with credentials', () => {
  it.each([
    ['Basic', 'keeps the connection'],
    ['Negotiate', 'keeps the connection'],
    ['Basic', 'closes it'],
    ['Negotiate', 'closes it'],
  ] as const)('is asked at most twice for each object: %s, and %s', async (scheme, then) => {
    let requests = 0;
    const peer = await startPeer({
      request(socket) {
        requests += 1;
        // The document alone is let through.
        if (requests === 1) socket.write(responseOf('hello'));
        else if (then === 'keeps the connection') socket.write(asks(scheme));
        else socket.end(asks(scheme, 'Connection: close\r\n'));
      },
    });
    const { auth } = authOf(scheme);
    const { add, pages, told, records } = populate(peer, { objects: 12, auth });
    add().open(0);
    await pages(1);
    expect(told.objects).toHaveLength(12);
    expect(told.objects.filter((us) => us >= 0)).toHaveLength(1);
    expect(requests).toBeLessThanOrEqual(1 + 2 * 11);
    expect(records.length).toBeLessThanOrEqual(2 * 12);
  });

  it.each(['Basic', 'Negotiate'] as const)('is asked at most twice for each tunnel: %s', async (scheme) => {
    let requests = 0;
    const peer = await startPeer({
      request(socket) {
        requests += 1;
        socket.write(asks(scheme));
      },
    });
    const { auth } = authOf(scheme);
    const { add, pages, told } = populate(peer, { objects: 12, auth, tunnels: true });
    add().open(0);
    await pages(1);
    expect(told).toMatchObject({ objects: [-1], pages: [-1] });
    expect(requests).toBeLessThanOrEqual(2);
  });
});
