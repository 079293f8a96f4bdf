import { describe, expect, it } from 'vitest';
import type { CreateEngine } from '../../src/engine/types.ts';
import { countOutcomes, nonceOf, outcomeOf, requestOf } from '../support/arms.ts';
import { answering, type Behaviour, responseOf, startPeer } from '../support/servers.ts';
import { attempt, attemptOnce, driveSoundly, times } from './attempts.ts';
import {
  ASKING,
  asking,
  authArmTo,
  CHALLENGE,
  hasCredentials,
  OFFER,
  OK,
  WELCOMING,
  walletOf,
} from './credentials.ts';

/** Challenges after which the connection is of no more use, or the attempt. */
export function describeRefusal(create: CreateEngine): void {
  describe('when the far end closes after its challenge', () => {
    const headOf = (version: string, fields: string): string =>
      `HTTP/${version} ${ASKING}\r\n${OFFER}${fields}\r\n`;
    const SAID: readonly (readonly [string, string])[] = [
      ['Connection: close', headOf('1.1', 'Connection: close\r\nContent-Length: 0\r\n')],
      ['Proxy-Connection: close', headOf('1.1', 'Proxy-Connection: close\r\nContent-Length: 0\r\n')],
      ['HTTP/1.0', headOf('1.0', 'Content-Length: 0\r\n')],
    ];
    it.each(SAID)('takes its word for it: %s', async (_what, challenge) => {
      const peer = await startPeer(answering(challenge, 'stays'));
      const auth = walletOf();
      const record = await attemptOnce(create, authArmTo(peer, auth));
      expect(record).toMatchObject({
        phase: 'response',
        cause: 'challenged',
        status: 407,
        bytes: challenge.length,
      });
      expect(record).toMatchObject({ firstByteAtUs: -1, respondedAtUs: -1 });
      expect(record.challengedAtUs).toBeGreaterThanOrEqual(record.establishedAtUs);
      expect(outcomeOf(record)).toBe('proxy-closed-after-407');
      expect(auth.given).toEqual([]);
    });

    const ENDLESS: readonly (readonly [string, string])[] = [
      ['without a length', headOf('1.1', '')],
      ['without a length, with a body', `${headOf('1.1', '')}who are you`],
      ['in a coding that is not chunked', `${headOf('1.1', 'Transfer-Encoding: identity\r\n')}who`],
      ['of HTTP/1.0 without a length', headOf('1.0', 'Connection: keep-alive\r\n')],
      ['with bytes behind its body', `${CHALLENGE}junk\r\n`],
      [
        'that will close before its body is over',
        headOf('1.1', 'Connection: close\r\nContent-Length: 9\r\n'),
      ],
    ];
    it.each(ENDLESS)('does not wait for the end of a challenge %s, on a connection left open', async (...[
      ,
      text,
    ]) => {
      const peer = await startPeer(answering(text, 'stays'));
      const auth = walletOf();
      const record = await attemptOnce(create, authArmTo(peer, auth));
      expect(record).toMatchObject({ phase: 'response', cause: 'challenged', status: 407 });
      expect(record).toMatchObject({ bytes: text.length, firstByteAtUs: -1, respondedAtUs: -1 });
      expect(outcomeOf(record)).toBe('proxy-closed-after-407');
      expect(auth.given).toEqual([]);
      await peer.closedByNear(1);
    });

    it('reads the body of a challenge to its end where the connection is of use after it', async () => {
      const head = headOf('1.1', 'Content-Length: 3\r\n');
      const peer = await startPeer({
        request(socket, message) {
          if (hasCredentials(message)) socket.end(OK);
          else socket.write(head, () => setTimeout(() => socket.write('who'), 30));
        },
      });
      const record = await attemptOnce(create, authArmTo(peer, walletOf()));
      expect(record).toMatchObject({ phase: 'done', status: 200, bytes: head.length + 3 + OK.length });
      expect(peer.seen).toHaveLength(1);
    });

    const SILENT: readonly (readonly [string, Behaviour])[] = [
      ['a close that ends the challenge', answering(`${headOf('1.1', '')}who are you`, 'closes')],
      ['a close right after it', answering(CHALLENGE, 'closes')],
      ['a reset right after it', answering(CHALLENGE, 'resets')],
      ['a close in place of an answer', asking((socket) => socket.end())],
      ['a reset in place of an answer', asking((socket) => socket.resetAndDestroy())],
    ];
    it.each(SILENT)('tells so of %s, unannounced', async (_what, behaviour) => {
      const peer = await startPeer(behaviour);
      const records = await attempt(create, authArmTo(peer, walletOf()), times(20));
      for (const record of records) {
        expect(record).toMatchObject({ phase: 'response', cause: 'challenged', errno: 0, status: 407 });
        expect(record).toMatchObject({ firstByteAtUs: -1, respondedAtUs: -1 });
        expect(outcomeOf(record)).toBe('proxy-closed-after-407');
      }
    });

    it('tells so of an origin by its own name', async () => {
      const text = responseOf('', '401 Unauthorized', 'WWW-Authenticate: Basic\r\nConnection: close\r\n');
      const peer = await startPeer(answering(text, 'closes'));
      const record = await attemptOnce(create, authArmTo(peer, walletOf({ status: 401 })));
      expect(outcomeOf(record)).toBe('origin-closed-after-401');
    });

    it('gives up a connection on which it is asked before its request is all sent', async () => {
      const peer = await startPeer({ reads: false, accepted: (socket) => socket.write(CHALLENGE) });
      const body = 'z'.repeat(16_000_000);
      const request = requestOf(`POST / HTTP/1.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      const record = await attemptOnce(create, authArmTo(peer, walletOf(), { request }));
      expect(record).toMatchObject({ phase: 'response', cause: 'challenged', status: 407 });
    });

    it('does not mistake half an answer to credentials for it', async () => {
      const peer = await startPeer(asking((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-')));
      const record = await attemptOnce(create, authArmTo(peer, walletOf()));
      expect(outcomeOf(record)).toBe('response-truncated');
      expect(record.firstByteAtUs).toBeGreaterThanOrEqual(record.challengedAtUs);
    });

    it('does not mistake half a challenge for one', async () => {
      const peer = await startPeer(answering(CHALLENGE.slice(0, -1), 'closes'));
      const auth = walletOf();
      const record = await attemptOnce(create, authArmTo(peer, auth));
      expect(record).toMatchObject({ cause: 'eof', status: 407, challengedAtUs: -1 });
      expect(outcomeOf(record)).toBe('response-truncated');
      expect(auth.given).toEqual([]);
    });
  });

  describe('when it leads nowhere', () => {
    it('tells who is asked again', async () => {
      const peer = await startPeer(answering(CHALLENGE, 'stays'));
      const record = await attemptOnce(create, authArmTo(peer, walletOf()));
      expect(record).toMatchObject({ phase: 'response', cause: 'denied', status: 407 });
      expect(record.bytes).toBe(2 * CHALLENGE.length);
      expect(record.firstByteAtUs).toBeGreaterThanOrEqual(record.challengedAtUs);
      expect(record.respondedAtUs).toBeGreaterThanOrEqual(record.firstByteAtUs);
      expect(outcomeOf(record, { kind: 'status', statuses: [200] })).toBe('auth-denied');
      expect(outcomeOf(record, { kind: 'status', statuses: [407] })).toBe('ok');
      await peer.closedByNear(1);
      expect(peer.seen[0]!.received.match(/^GET /gm)).toHaveLength(2);
    });

    it.each([
      ['closes', responseOf('', ASKING, 'Proxy-Authenticate: NTLM\r\nConnection: close\r\n'), 'NTLM'],
      ['stays', responseOf('', ASKING, 'Proxy-Authenticate: Digest realm="Basic"\r\n'), 'Digest'],
      [
        'stays',
        responseOf('', ASKING, 'Proxy-Authenticate: Digest a=b, NTLM, dIGEST c=d\r\n'),
        'Digest, NTLM',
      ],
      ['stays', responseOf('', ASKING, 'Proxy-Authenticate: __proto__, \x1b[31m, A1\r\n'), 'A1'],
      ['stays', responseOf('', ASKING), ''],
    ] as const)('tells who is asked in another way (%s)', async (then, challenge, schemesOffered) => {
      const peer = await startPeer(answering(challenge, then));
      const auth = walletOf();
      const record = await attemptOnce(create, authArmTo(peer, auth));
      expect(record).toMatchObject({
        phase: 'response',
        cause: 'not-offered',
        status: 407,
        firstByteAtUs: -1,
        schemesOffered,
      });
      expect(record.challengedAtUs).toBeGreaterThanOrEqual(0);
      expect(outcomeOf(record)).toBe('auth-failed');
      expect(auth.given).toEqual([]);
    });

    it.each([
      ['again', `HTTP/1.1 ${ASKING}\r\n${OFFER}\r\nagain`, 'auth-denied'],
      ['in another way', `HTTP/1.1 ${ASKING}\r\nProxy-Authenticate: NTLM\r\n\r\nno`, 'auth-failed'],
    ] as const)('does not wait for the end of an answer that asks %s', async (_what, text, outcome) => {
      const isAgain = outcome === 'auth-denied';
      const behaviour = isAgain ? asking((socket) => socket.write(text)) : answering(text, 'stays');
      const peer = await startPeer(behaviour);
      const record = await attemptOnce(create, authArmTo(peer, walletOf()));
      expect(outcomeOf(record, { kind: 'status', statuses: [200] })).toBe(outcome);
      expect(record).toMatchObject({
        phase: 'response',
        status: 407,
        schemesOffered: isAgain ? '' : 'NTLM',
      });
    });

    it('forgets what an earlier attempt was offered', async () => {
      let turn = 0;
      const other = responseOf('', ASKING, 'Proxy-Authenticate: NTLM\r\n');
      const peer = await startPeer({
        request: (socket) => socket.end(turn++ % 2 === 0 ? other : responseOf('no', '503 Busy')),
      });
      const plan = { arms: [authArmTo(peer, walletOf())], starts: times(6), concurrency: 1, maxOpen: 1 };
      const { records } = await driveSoundly(create, plan);
      expect(records.map(({ status, schemesOffered }) => `${status} ${schemesOffered}`).sort()).toEqual([
        ...['407 NTLM', '407 NTLM', '407 NTLM', '503 ', '503 ', '503 '],
      ]);
    });

    it('tells who is asked and has nothing to say', async () => {
      const peer = await startPeer(WELCOMING);
      const auth = walletOf({ credentials: () => undefined });
      const record = await attemptOnce(create, authArmTo(peer, auth));
      expect(record).toMatchObject({ phase: 'response', cause: 'no-credentials', status: 407 });
      expect(outcomeOf(record)).toBe('local-no-credentials');
      await peer.closedByNear(1);
      expect(peer.seen[0]!.received).toBe(`GET /${nonceOf(0)} HTTP/1.1\r\nHost: peer\r\n\r\n`);
    });

    it('tells bytes that nobody asked for in place of an answer', async () => {
      const peer = await startPeer(asking((socket) => socket.write('junk\r\n')));
      const record = await attemptOnce(create, authArmTo(peer, walletOf()));
      expect(record).toMatchObject({ phase: 'response', cause: 'parse' });
      expect(outcomeOf(record)).toBe('response-garbage');
    });

    it('keeps good and bad ends apart when they mix in the same places', async () => {
      let accepted = 0;
      const turns = new WeakMap<object, number>();
      const peer = await startPeer({
        accepted: (socket) => turns.set(socket, accepted++ % 5),
        request(socket, message) {
          const turn = turns.get(socket)!;
          if (turn === 0) socket.end('HTTP/1.1 407 A\r\nConnection: close\r\nProxy-Authent');
          else if (turn === 1) socket.end(OK);
          else if (!hasCredentials(message)) socket.write(CHALLENGE);
          else if (turn === 2) socket.end(OK);
          else if (turn === 3) socket.end(CHALLENGE);
          else socket.resetAndDestroy();
        },
      });
      const auth = walletOf();
      const plan = { arms: [authArmTo(peer, auth)], starts: times(250), concurrency: 7, maxOpen: 7 };
      const { records } = await driveSoundly(create, plan);
      expect(countOutcomes(records)).toEqual({
        ok: 100,
        'auth-denied': 50,
        'proxy-closed-after-407': 50,
        'response-truncated': 50,
      });
      expect(new Set(auth.given).size).toBe(150);
    });
  });
}
