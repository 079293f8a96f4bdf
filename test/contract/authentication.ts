import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { CreateEngine } from '../../src/engine/types.ts';
import { authRequestOf, countOutcomes, nonceOf, outcomeOf, requestOf } from '../support/arms.ts';
import { answering, dripping, responseOf, startPeer } from '../support/servers.ts';
import { attempt, attemptOnce, driveSoundly, times } from './attempts.ts';
import { describeRefusal } from './authentication-refused.ts';
import {
  ASKING,
  asking,
  authArmTo,
  authorisedText,
  CHALLENGE,
  hasCredentials,
  OFFER,
  OK,
  WELCOMING,
  walletOf,
} from './credentials.ts';

const { errno } = constants;

export function describeAuthentication(create: CreateEngine): void {
  describe('authentication', () => {
    describe('when asked', () => {
      it('sends credentials on the same connection, each value once', async () => {
        const peer = await startPeer(WELCOMING);
        const auth = walletOf();
        const plan = { arms: [authArmTo(peer, auth)], starts: times(60), concurrency: 8, maxOpen: 8 };
        const { records } = await driveSoundly(create, plan);
        expect(countOutcomes(records)).toEqual({ ok: 60 });
        expect(peer.seen).toHaveLength(60);
        const sent = peer.seen.map(({ received }) => /Authorization: (.*)\r/.exec(received)?.[1]);
        expect(sent.sort()).toEqual([...auth.given].sort());
        for (const { received } of peer.seen) {
          const [, nonce] = /^GET \/(\d+)/.exec(received)!;
          const credentials = auth.given.find((value) => value.startsWith(`Basic ${Number(nonce)}/`));
          expect(received).toBe(
            `GET /${nonce} HTTP/1.1\r\nHost: peer\r\n\r\n${authorisedText(Number(nonce), credentials!)}`,
          );
        }
      });

      it('tells when it was asked, then of the response proper; counts the bytes of both', async () => {
        const peer = await startPeer(asking((socket) => setTimeout(() => socket.end(OK), 60)));
        const record = await attemptOnce(create, authArmTo(peer, walletOf()));
        expect(record).toMatchObject({ phase: 'done', status: 200, bytes: CHALLENGE.length + OK.length });
        expect(record.challengedAtUs).toBeGreaterThanOrEqual(record.establishedAtUs);
        expect(record.firstByteAtUs - record.challengedAtUs).toBeGreaterThan(50_000);
        expect(record.respondedAtUs).toBeGreaterThanOrEqual(record.firstByteAtUs);
      });

      it('takes a response that does not ask as it is, and gives nothing out', async () => {
        const peer = await startPeer(answering(OK, 'closes'));
        const auth = walletOf();
        const record = await attemptOnce(create, authArmTo(peer, auth));
        expect(record).toMatchObject({ phase: 'done', status: 200, challengedAtUs: -1 });
        expect(record.firstByteAtUs).toBeGreaterThanOrEqual(0);
        expect(auth.given).toEqual([]);
      });

      it.each([
        ['200 OK', 'ok'],
        ['403 Forbidden', 'unexpected-status'],
        ['503 Service Unavailable', 'unexpected-status'],
      ])('closes after %s that nobody asked credentials for: nobody told the far end to', async (status, outcome) => {
        const peer = await startPeer(answering(responseOf('hello', status), 'stays'));
        const records = await attempt(create, authArmTo(peer, walletOf()), times(15));
        for (const record of records) {
          expect(outcomeOf(record, { kind: 'status', statuses: [200] })).toBe(outcome);
          expect(record).toMatchObject({ phase: 'done', cause: 'none', challengedAtUs: -1 });
        }
        await peer.closedByNear(15);
        expect(peer.seen.every(({ closed }) => closed === 'fin')).toBe(true);
      });

      it('lets the far end close first where it says that it will, though it did not ask', async () => {
        const waitMs = 50;
        const text = responseOf('hello', '200 OK', 'Connection: close\r\n');
        const peer = await startPeer({
          request: (socket) => void socket.write(text, () => setTimeout(() => socket.end(), waitMs)),
        });
        const record = await attemptOnce(create, authArmTo(peer, walletOf()));
        expect(outcomeOf(record)).toBe('ok');
        expect(record.endedAtUs - record.startedAtUs).toBeGreaterThan((waitMs - 2) * 1_000);
      });

      it('leaves to others what asks on behalf of others', async () => {
        const text = responseOf('', '401 Unauthorized', 'WWW-Authenticate: Basic realm="r"\r\n');
        const peer = await startPeer(answering(text, 'closes'));
        const record = await attemptOnce(create, authArmTo(peer, walletOf()));
        expect(record).toMatchObject({ phase: 'done', status: 401, challengedAtUs: -1 });
      });

      it('answers an origin by its own status and fields', async () => {
        const text = responseOf('', '401 Unauthorized', 'WWW-Authenticate: basic realm="r"\r\n');
        const peer = await startPeer(asking((socket) => socket.end(OK), text));
        const request = authRequestOf('GET / HTTP/1.1\r\nAuthorization: {credentials}\r\n\r\n');
        const record = await attemptOnce(create, authArmTo(peer, walletOf({ status: 401, request })));
        expect(record).toMatchObject({ phase: 'done', status: 200 });
        expect(peer.seen[0]!.received).toMatch(/Authorization: Basic 0\/0\r\n\r\n$/);
      });

      const FORMS: readonly (readonly [string, string])[] = [
        [
          'in chunks',
          `HTTP/1.1 ${ASKING}\r\n${OFFER}Transfer-Encoding: chunked\r\n\r\n3\r\nwho\r\n0\r\n\r\n`,
        ],
        ['after an interim response', `HTTP/1.1 103 Early Hints\r\nConnection: close\r\n\r\n${CHALLENGE}`],
        ['with a body of 2 MB', responseOf('x'.repeat(2_000_000), ASKING, OFFER)],
        ['with a head of 50 kB', responseOf('', ASKING, `X: ${'x'.repeat(50_000)}\r\n${OFFER}`)],
        ['in one field of several', responseOf('', ASKING, 'proxy-authenticate: NTLM, bAsIc realm="r"\r\n')],
        [
          'in HTTP/1.0, kept alive',
          `HTTP/1.0 407 A\r\n${OFFER}Connection: keep-alive\r\nContent-Length: 0\r\n\r\n`,
        ],
      ];
      it.each(FORMS)('understands a challenge %s', async (_what, challenge) => {
        const peer = await startPeer(asking((socket) => socket.end(OK), challenge));
        const record = await attemptOnce(create, authArmTo(peer, walletOf()));
        expect(record).toMatchObject({ phase: 'done', status: 200, bytes: challenge.length + OK.length });
        expect(peer.seen).toHaveLength(1);
      });

      it('understands a challenge that comes byte by byte', async () => {
        const drip = dripping(CHALLENGE, 'stays');
        const peer = await startPeer({
          request(socket, message) {
            if (hasCredentials(message)) socket.end(OK);
            else drip.request?.(socket, message);
          },
        });
        const record = await attemptOnce(create, authArmTo(peer, walletOf()));
        expect(record).toMatchObject({ phase: 'done', status: 200 });
      });

      it('knows that a challenge to HEAD has no body', async () => {
        const challenge = `HTTP/1.1 ${ASKING}\r\n${OFFER}Content-Length: 5000\r\n\r\n`;
        const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n';
        const peer = await startPeer(asking((socket) => socket.write(answer), challenge));
        const request = authRequestOf('HEAD / HTTP/1.1\r\nProxy-Authorization: {credentials}\r\n\r\n');
        const arm = authArmTo(peer, walletOf({ request }), {
          request: requestOf('HEAD / HTTP/1.1\r\n\r\n'),
          close: 'fin',
        });
        expect(await attemptOnce(create, arm)).toMatchObject({ phase: 'done', status: 200 });
      });

      it('holds the connection once it has been let in', async () => {
        const peer = await startPeer(asking((socket) => socket.write(OK)));
        const record = await attemptOnce(
          create,
          authArmTo(peer, walletOf(), { close: 'fin', holdUs: 120_000 }),
        );
        expect(outcomeOf(record)).toBe('ok');
        expect(record.endedAtUs - record.respondedAtUs).toBeGreaterThanOrEqual(120_000);
      });

      it('gives each answer its own time', async () => {
        const LEG_MS = 400;
        const peer = await startPeer({
          request(socket, message) {
            setTimeout(() => socket.write(hasCredentials(message) ? OK : CHALLENGE), LEG_MS);
          },
        });
        const arm = authArmTo(peer, walletOf(), { close: 'fin', responseTimeoutUs: 1.75 * LEG_MS * 1_000 });
        const record = await attemptOnce(create, arm);
        expect(outcomeOf(record)).toBe('ok');
        expect(record.endedAtUs - record.establishedAtUs).toBeGreaterThanOrEqual(2 * LEG_MS * 1_000 - 5_000);
      });

      it('tells credentials that are not answered in time', async () => {
        const peer = await startPeer(asking(() => {}));
        const record = await attemptOnce(create, authArmTo(peer, walletOf(), { responseTimeoutUs: 200_000 }));
        expect(outcomeOf(record)).toBe('response-timeout');
        expect(record).toMatchObject({ firstByteAtUs: -1, respondedAtUs: -1 });
        expect(record.endedAtUs - record.challengedAtUs).toBeGreaterThanOrEqual(200_000);
      });

      it('gives up an attempt that waits to be let in', async () => {
        const peer = await startPeer(asking(() => {}));
        const auth = walletOf();
        const { records } = await driveSoundly(create, {
          arms: [authArmTo(peer, auth)],
          starts: times(10),
          onTurn(engine) {
            if (auth.given.length === 10) engine.abort();
          },
        });
        expect(countOutcomes(records)).toEqual({ abandoned: 10 });
      });
    });

    describe('at once', () => {
      const AT_ONCE = [
        ['where the arm says so', { mode: 'preemptive' }, {}],
        ['where it carries on an earlier connection', {}, { isContinued: true }],
      ] as const;

      it.each(AT_ONCE)('sends credentials %s', async (_what, changes, start) => {
        const peer = await startPeer(WELCOMING);
        const auth = walletOf(changes);
        const plan = { arms: [authArmTo(peer, auth)], starts: Array(20).fill(start), maxOpen: 20 };
        const { records } = await driveSoundly(create, plan);
        expect(countOutcomes(records)).toEqual({ ok: 20 });
        expect(
          records.every(({ challengedAtUs, bytes }) => challengedAtUs === -1 && bytes === OK.length),
        ).toBe(true);
        const received = peer.seen.map((seen) => seen.received).sort();
        const numberOf = (value: string): number => Number(/\d+/.exec(value)?.[0]);
        expect(received).toEqual(auth.given.map((value) => authorisedText(numberOf(value), value)).sort());
      });

      it.each([
        'Digest realm="r", NTLM',
        'NTLM',
      ])('is no refusal where the far end takes %s alone', async (offer) => {
        const text = responseOf('', ASKING, `Proxy-Authenticate: ${offer}\r\n`);
        for (const [behaviour, outcome] of [
          [answering(text, 'stays'), 'auth-failed'],
          [dripping(text, 'stays'), 'auth-failed'],
          [
            answering(responseOf('', ASKING, `${OFFER}Proxy-Authenticate: ${offer}\r\n`), 'stays'),
            'auth-denied',
          ],
          [answering(responseOf('', ASKING), 'stays'), 'auth-denied'],
        ] as const) {
          const peer = await startPeer(behaviour);
          const record = await attemptOnce(create, authArmTo(peer, walletOf({ mode: 'preemptive' })));
          expect(outcomeOf(record, { kind: 'status', statuses: [200] })).toBe(outcome);
          expect(record).toMatchObject({ status: 407, challengedAtUs: -1 });
          expect(record.respondedAtUs).toBeGreaterThanOrEqual(record.firstByteAtUs);
        }
      });

      it.each(AT_ONCE)('tells a refusal %s', async (_what, changes, start) => {
        const peer = await startPeer(answering(CHALLENGE, 'stays'));
        const record = await attemptOnce(create, authArmTo(peer, walletOf(changes)), start);
        expect(record).toMatchObject({ phase: 'response', cause: 'denied', status: 407, challengedAtUs: -1 });
        expect(record.respondedAtUs).toBeGreaterThanOrEqual(record.firstByteAtUs);
        expect(record.firstByteAtUs).toBeGreaterThanOrEqual(0);
        expect(outcomeOf(record, { kind: 'status', statuses: [200] })).toBe('auth-denied');
      });

      it.each(AT_ONCE)('sends nothing where there are none %s', async (_what, changes, start) => {
        const peer = await startPeer(WELCOMING);
        const auth = walletOf({ ...changes, credentials: () => undefined });
        const record = await attemptOnce(create, authArmTo(peer, auth), start);
        expect(record).toMatchObject({ phase: 'response', cause: 'no-credentials', status: 0, bytes: 0 });
        await peer.closedByNear(1);
        expect(peer.seen[0]!.received).toBe('');
      });

      it.each(
        AT_ONCE,
      )('takes a far end that only closes for what it is %s', async (_what, changes, start) => {
        const peer = await startPeer(answering('', 'closes'));
        const record = await attemptOnce(create, authArmTo(peer, walletOf(changes)), start);
        expect(outcomeOf(record)).toBe('response-empty');
      });

      it.each(AT_ONCE)('takes a reset for what it is %s', async (_what, changes, start) => {
        const peer = await startPeer({ request: (socket) => socket.resetAndDestroy() });
        const record = await attemptOnce(create, authArmTo(peer, walletOf(changes)), start);
        expect(record).toMatchObject({ cause: 'errno', errno: errno.ECONNRESET });
        expect(outcomeOf(record)).toBe('response-reset');
      });

      it('sends tokens of 16 kB', async () => {
        const token = `Negotiate ${'YIIK'.repeat(4_096)}`;
        const peer = await startPeer(WELCOMING);
        const auth = walletOf({ mode: 'preemptive', scheme: 'Negotiate', credentials: () => token });
        const records = await attempt(create, authArmTo(peer, auth), times(20));
        expect(countOutcomes(records)).toEqual({ ok: 20 });
        const received = peer.seen.map((seen) => seen.received).sort();
        expect(received).toEqual(times(20).map((_, number) => authorisedText(number, token)));
      });
    });

    it.each([
      'challenge',
      'preemptive',
    ] as const)('sends a body far larger than the socket buffers with them (%s), number intact at its end', async (mode) => {
      const peer = await startPeer(WELCOMING);
      const padding = 'y'.repeat(2_000_000);
      const head = `POST /{nonce} HTTP/1.1\r\nContent-Length: ${padding.length + nonceOf(0).length}\r\n`;
      const request = authRequestOf(`${head}Proxy-Authorization: {credentials}\r\n\r\n${padding}{nonce}`);
      const plain = requestOf(`${head}\r\n${padding}{nonce}`);
      const auth = walletOf({ mode, request });
      const records = await attempt(create, authArmTo(peer, auth, { request: plain }), times(3));
      expect(countOutcomes(records)).toEqual({ ok: 3 });
      for (const { received } of peer.seen) {
        const nonce = /^POST \/(\d+)/.exec(received)![1]!;
        const sent = received.slice(mode === 'challenge' ? plain.bytes.length : 0);
        const credentials = auth.given.find((value) => value.startsWith(`Basic ${Number(nonce)}/`))!;
        expect(sent).toHaveLength(request.bytes.length + credentials.length);
        expect(sent).toContain(`Proxy-Authorization: ${credentials}\r\n\r\nyy`);
        expect(sent.slice(-14)).toBe(`yy${nonce}`);
      }
    });

    describeRefusal(create);
  });
}
