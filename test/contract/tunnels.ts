import { describe, expect, it } from 'vitest';
import type { CreateEngine, EngineArm } from '../../src/engine/types.ts';
import { armTo, authRequestOf, outcomeOf, requestOf } from '../support/arms.ts';
import { type Behaviour, type Peer, responseOf, startPeer } from '../support/servers.ts';
import { statusesOf } from './answers.ts';
import { attempt, attemptOnce, driveSoundly } from './attempts.ts';
import { ASKING, hasCredentials, OFFER, walletOf } from './credentials.ts';

const OPENED = 'HTTP/1.1 200 Connection established\r\n\r\n';
const OK = responseOf('hello');
const CONNECT = requestOf('CONNECT origin:80 HTTP/1.1\r\nHost: origin:80\r\n\r\n');
const AUTHORISED = authRequestOf(
  'CONNECT origin:80 HTTP/1.1\r\nHost: origin:80\r\nProxy-Authorization: {credentials}\r\n\r\n',
);

export function tunnelTo(peer: Pick<Peer, 'host' | 'port'>, changes: Partial<EngineArm> = {}): EngineArm {
  return armTo(peer, { tunnel: CONNECT, ...changes });
}

/** A proxy that answers CONNECT as told, and the origin behind it. */
function proxying(
  connect: NonNullable<Behaviour['request']>,
  request: NonNullable<Behaviour['request']> = (socket) => socket.end(OK),
): Behaviour {
  return {
    request(socket, message) {
      if (message.startsWith('CONNECT ')) connect(socket, message);
      else request(socket, message);
    },
  };
}

const opening = proxying((socket) => socket.write(OPENED));

export function describeTunnels(create: CreateEngine): void {
  describe('a tunnel', () => {
    it('is asked for first, and carries the request then', async () => {
      const peer = await startPeer(proxying((socket) => setTimeout(() => socket.write(OPENED), 50)));
      const record = await attemptOnce(create, tunnelTo(peer));
      expect(record).toMatchObject({ phase: 'done', status: 200, isTunnelled: true, securedAtUs: -1 });
      expect(record.tunnelledAtUs - record.establishedAtUs).toBeGreaterThan(45_000);
      expect(record.firstByteAtUs).toBeGreaterThanOrEqual(record.tunnelledAtUs);
      expect(peer.seen[0]!.received).toMatch(/^CONNECT origin:80 HTTP\/1\.1\r\n[\s\S]*\r\n\r\nGET \/ HTTP/);
    });

    it('begins where the head of the answer ends, whatever length that gives', async () => {
      const opened = 'HTTP/1.0 201 Fine\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n';
      const peer = await startPeer(proxying((socket) => socket.write(opened)));
      expect(await attemptOnce(create, tunnelTo(peer))).toMatchObject({ phase: 'done', status: 200 });
    });

    it('counts the answers of proxy and origin apart, one that asks for credentials among them', async () => {
      const challenge = responseOf('', ASKING, OFFER);
      const connect: NonNullable<Behaviour['request']> = (socket, message) =>
        socket.write(hasCredentials(message) ? OPENED : challenge);
      const peer = await startPeer(
        proxying(connect, (socket) => socket.end(responseOf('', '404 Not Found'))),
      );
      const records = await attempt(create, tunnelTo(peer, { auth: walletOf({ request: AUTHORISED }) }), [
        {},
        {},
      ]);
      expect(statusesOf(records)).toEqual({ statuses: { '404': 2 }, tunnelStatuses: { '200': 2, '407': 2 } });
    });

    it('counts what a proxy answers that opens none', async () => {
      const peer = await startPeer(proxying((socket) => socket.end(responseOf('no', '403 Forbidden'))));
      const records = await attempt(create, tunnelTo(peer), [{}, {}]);
      expect(statusesOf(records)).toEqual({ statuses: {}, tunnelStatuses: { '403': 2 } });
    });

    const REFUSALS: readonly (readonly [string, NonNullable<Behaviour['request']>, string, number])[] = [
      ['refused', (socket) => socket.end(responseOf('no', '403 Forbidden')), 'tunnel-refused', 403],
      ['redirected', (socket) => socket.end(responseOf('', '302 Found')), 'tunnel-refused', 302],
      ['closed', (socket) => socket.end(), 'tunnel-closed', 0],
      ['cut in the middle of a head', (socket) => socket.end('HTTP/1.1 200 Con'), 'tunnel-closed', 200],
      ['reset', (socket) => socket.resetAndDestroy(), 'tunnel-closed', 0],
      ['opened and closed at once', (socket) => socket.end(OPENED), 'tunnel-cut', 0],
      ['answered by something else', (socket) => socket.write('SSH-2.0-x\r\n\r\n'), 'tunnel-garbage', 0],
      ['opened with more than was asked', (socket) => socket.write(`${OPENED}x`), 'tunnel-garbage', 200],
      ['never answered', () => {}, 'tunnel-timeout', 0],
    ];
    it.each(REFUSALS)('%s is told apart', async (_what, connect, outcome, status) => {
      const peer = await startPeer(proxying(connect, () => {}));
      const record = await attemptOnce(create, tunnelTo(peer, { responseTimeoutUs: 250_000 }));
      expect(outcomeOf(record)).toBe(outcome);
      expect(record.status).toBe(status);
      expect(record.respondedAtUs).toBe(-1);
    });

    it.each([
      ['without a length', 'HTTP/1.1 403 Forbidden\r\n\r\nno', 403, 'tunnel-refused'],
      [
        'with a body that never ends',
        'HTTP/1.1 503 No\r\nContent-Length: 9\r\n\r\nno',
        503,
        'tunnel-refused',
      ],
      ['that asks, without a length', `HTTP/1.1 ${ASKING}\r\n${OFFER}\r\nwho`, 407, 'proxy-closed-after-407'],
    ] as const)('knows by the head of a refusal %s, on a connection left open', async (...[
      ,
      text,
      status,
      outcome,
    ]) => {
      const peer = await startPeer(proxying((socket) => socket.write(text)));
      const auth = walletOf({ request: AUTHORISED });
      const record = await attemptOnce(create, tunnelTo(peer, { auth }));
      expect(outcomeOf(record)).toBe(outcome);
      expect(record).toMatchObject({ phase: 'tunnel', status, tunnelledAtUs: -1 });
      expect(auth.given).toEqual([]);
    });

    it.each([
      ['a FIN', (socket: { end(): void }) => socket.end()],
      ['an RST', (socket: { resetAndDestroy(): void }) => socket.resetAndDestroy()],
    ])('that dies with %s before the response is cut, not truncated', async (_what, die) => {
      const peer = await startPeer(
        proxying(
          (socket) => socket.write(OPENED),
          (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n', () => die(socket)),
        ),
      );
      const record = await attemptOnce(create, tunnelTo(peer));
      expect(outcomeOf(record)).toBe('tunnel-cut');
      expect(record.tunnelledAtUs).toBeGreaterThan(0);
    });

    it('takes credentials on the same connection before it opens', async () => {
      const challenge = responseOf('who?', ASKING, OFFER);
      const peer = await startPeer(
        proxying((socket, message) => socket.write(hasCredentials(message) ? OPENED : challenge)),
      );
      const auth = walletOf({ request: AUTHORISED });
      const record = await attemptOnce(create, tunnelTo(peer, { auth }));
      expect(record).toMatchObject({ phase: 'done', status: 200 });
      expect(record.challengedAtUs).toBeLessThanOrEqual(record.tunnelledAtUs);
      expect(record.challengedAtUs).toBeGreaterThanOrEqual(record.establishedAtUs);
      expect(peer.seen).toHaveLength(1);
      expect(peer.seen[0]!.received).toMatch(/CONNECT [\s\S]*CONNECT [\s\S]*Basic 0\/0\r\n\r\nGET /);
      // What goes through the tunnel is not the proxy's to see.
      expect(auth.given).toHaveLength(1);
    });

    it('whose proxy closes after its challenge has to be carried on, with credentials at once', async () => {
      const peer = await startPeer(
        proxying((socket, message) => {
          if (hasCredentials(message)) socket.write(OPENED);
          else socket.end(responseOf('', ASKING, OFFER));
        }),
      );
      const arm = tunnelTo(peer, { auth: walletOf({ request: AUTHORISED }) });
      const [closed, carriedOn] = await attempt(create, arm, [{}, { isContinued: true }]);
      expect(outcomeOf(closed!)).toBe('proxy-closed-after-407');
      expect(carriedOn).toMatchObject({ phase: 'done', status: 200, challengedAtUs: -1 });
    });

    it('that stays shut for these credentials is denied', async () => {
      const peer = await startPeer(proxying((socket) => socket.write(responseOf('', ASKING, OFFER))));
      const arm = tunnelTo(peer, { auth: walletOf({ request: AUTHORISED, mode: 'preemptive' }) });
      const record = await attemptOnce(create, arm);
      expect(record).toMatchObject({ phase: 'tunnel', cause: 'denied', challengedAtUs: -1 });
      expect(outcomeOf(record)).toBe('auth-denied');
    });

    it('gives an origin its own credentials, through the tunnel', async () => {
      const challenge = responseOf('', '401 Unauthorized', 'WWW-Authenticate: Basic realm="r"\r\n');
      const peer = await startPeer(
        proxying(
          (socket) => socket.write(OPENED),
          (socket, message) => (hasCredentials(message) ? socket.end(OK) : socket.write(challenge)),
        ),
      );
      const request = authRequestOf('GET / HTTP/1.1\r\nAuthorization: {credentials}\r\n\r\n');
      const record = await attemptOnce(create, tunnelTo(peer, { auth: walletOf({ status: 401, request }) }));
      expect(record).toMatchObject({ phase: 'done', status: 200 });
      expect(record.challengedAtUs).toBeGreaterThanOrEqual(record.tunnelledAtUs);
    });

    it('is held open, and given up when told to stop', async () => {
      const peer = await startPeer(
        proxying(
          (socket) => socket.write(OPENED),
          (socket) => socket.write(OK),
        ),
      );
      const held = await attemptOnce(create, tunnelTo(peer, { close: 'fin', holdUs: 100_000 }));
      expect(outcomeOf(held)).toBe('ok');
      expect(held.endedAtUs - held.respondedAtUs).toBeGreaterThanOrEqual(100_000);
      const silent = await startPeer(proxying(() => {}));
      const { records } = await driveSoundly(create, {
        arms: [tunnelTo(silent)],
        starts: [{}],
        onTurn(engine) {
          if (silent.seen[0]?.received.includes('\r\n\r\n')) engine.abort();
        },
      });
      expect(records[0]).toMatchObject({ phase: 'tunnel', cause: 'stopped' });
    });

    it('ends as the arm says', async () => {
      for (const close of ['fin', 'reset'] as const) {
        const peer = await startPeer(
          proxying(
            (socket) => socket.write(OPENED),
            (socket) => socket.write(OK),
          ),
        );
        await attemptOnce(create, tunnelTo(peer, { close }));
        await peer.closedByNear(1);
        expect(peer.seen[0]!.closed).toBe(close);
      }
      const peer = await startPeer(opening);
      expect(outcomeOf(await attemptOnce(create, tunnelTo(peer, { close: 'peer' })))).toBe('ok');
    });
  });
}
