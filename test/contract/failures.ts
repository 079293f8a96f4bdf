import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { CreateEngine } from '../../src/engine/types.ts';
import { armTo, bareArmTo, outcomeOf, requestOf } from '../support/arms.ts';
import { answering, type Behaviour, findClosedPort, responseOf, startPeer } from '../support/servers.ts';
import { attempt, attemptOnce, times } from './attempts.ts';

const { errno } = constants;

/**
 * @param readsTcpInfo the engine knows what the system knows of its connections
 * @param hasSockets the system knows of them, and of others
 */
export function describeFailures(create: CreateEngine, readsTcpInfo: boolean, hasSockets: boolean): void {
  describe('failures', () => {
    it.each(['127.0.0.1', '::1'])('tells a refusal by %s', async (host) => {
      const at = { host, port: await findClosedPort(host) };
      const records = await attempt(create, armTo(at), times(3));
      for (const record of records) {
        expect(outcomeOf(record)).toBe('handshake-refused');
        expect(outcomeOf(record, { kind: 'refused' })).toBe('ok');
        expect(record).toMatchObject({ errno: errno.ECONNREFUSED, establishedAtUs: -1, firstByteAtUs: -1 });
        expect(record.refusedBy).toBe(readsTcpInfo ? 'RST' : 'cannot tell');
      }
    });

    it('tells a reset right after acceptance, and that the handshake was complete', async () => {
      const peer = await startPeer({ accepted: (socket) => socket.resetAndDestroy() });
      const records = await attempt(create, armTo(peer), times(10));
      for (const record of records) {
        expect(outcomeOf(record)).toBe('response-reset');
        expect(record.establishedAtUs).toBeGreaterThanOrEqual(0);
      }
    });

    it('asks no more of a bare connection than to be established, though it is reset at once', async () => {
      const peer = await startPeer({ accepted: (socket) => socket.resetAndDestroy() });
      const records = await attempt(create, bareArmTo(peer), times(10));
      for (const record of records) expect(outcomeOf(record, { kind: 'established' })).toBe('ok');
    });

    it.each([
      'fin',
      'peer',
    ] as const)('takes an answer that comes before the request is all sent, though a reset follows (%s)', async (close) => {
      const peer = await startPeer({
        reads: false,
        accepted(socket) {
          socket.write(responseOf('too large', '413 Content Too Large'), () => socket.destroy());
        },
      });
      const body = 'z'.repeat(16_000_000);
      const request = requestOf(`POST / HTTP/1.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      const records = await attempt(create, armTo(peer, { request, close }), times(readsTcpInfo ? 4 : 1));
      for (const record of records) {
        expect(record.status).toBe(413);
        expect(outcomeOf(record)).toBe('ok');
      }
    });

    it('tells a reset in place of a response', async () => {
      const peer = await startPeer({ request: (socket) => socket.resetAndDestroy() });
      const record = await attemptOnce(create, armTo(peer));
      expect(record).toMatchObject({ phase: 'response', cause: 'errno', bytes: 0, respondedAtUs: -1 });
      expect(outcomeOf(record)).toBe('response-reset');
    });

    it('tells a response that does not come in time', async () => {
      const peer = await startPeer({});
      const record = await attemptOnce(create, armTo(peer, { responseTimeoutUs: 150_000 }));
      expect(outcomeOf(record)).toBe('response-timeout');
      expect(record.endedAtUs - record.establishedAtUs).toBeGreaterThanOrEqual(150_000);
    });

    it('tells a response that begins and does not end in time', async () => {
      const peer = await startPeer({ request: (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Le') });
      const record = await attemptOnce(create, armTo(peer, { responseTimeoutUs: 150_000 }));
      expect(outcomeOf(record)).toBe('response-timeout');
      expect(record.bytes).toBe(27);
      expect(record.firstByteAtUs).toBeGreaterThanOrEqual(record.establishedAtUs);
      expect(record.respondedAtUs).toBe(-1);
    });

    it('tells a request that the far end never reads', async () => {
      const peer = await startPeer({ reads: false });
      const body = 'z'.repeat(16_000_000);
      const request = requestOf(`POST / HTTP/1.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      const record = await attemptOnce(create, armTo(peer, { request, responseTimeoutUs: 200_000 }));
      expect(outcomeOf(record)).toBe('response-timeout');
    });

    const CUT: readonly (readonly [string, Behaviour, string])[] = [
      [
        'a counted body',
        answering('HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort', 'closes'),
        'truncated',
      ],
      [
        'a chunked body',
        answering('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel', 'closes'),
        'truncated',
      ],
      [
        'a chunked body before its last chunk',
        answering('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n', 'closes'),
        'truncated',
      ],
      ['a head', answering('HTTP/1.1 200 OK\r\nContent-', 'closes'), 'truncated'],
      ['everything', answering('', 'closes'), 'empty'],
    ];
    it.each(CUT)('tells a response that lacks the end of %s', async (_what, behaviour, kind) => {
      const peer = await startPeer(behaviour);
      const record = await attemptOnce(create, armTo(peer));
      expect(record).toMatchObject({ phase: 'response', cause: 'eof', respondedAtUs: -1 });
      expect(outcomeOf(record)).toBe(`response-${kind}`);
    });

    it.each([
      ['another protocol', 'SSH-2.0-OpenSSH_9.2p1\r\n'],
      ['bytes of no protocol', '\x00\xff\x16\x03\x01\x02'],
      ['a status that is no number', 'HTTP/1.1 abc OK\r\n\r\n'],
      ['a chunk size that is none', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnope\r\n'],
    ])('tells garbage: %s', async (_what, text) => {
      const peer = await startPeer(answering(text, 'stays'));
      const record = await attemptOnce(create, armTo(peer));
      expect(record).toMatchObject({ phase: 'response', cause: 'parse' });
      expect(outcomeOf(record)).toBe('response-garbage');
    });

    it('tells a source port that another attempt has, without a SYN', async () => {
      const peer = await startPeer({});
      const sourcePort = await findClosedPort();
      const arm = bareArmTo(peer, { holdUs: 200_000, sources: ['127.0.0.1'] });
      const records = await attempt(
        create,
        arm,
        times(2).map(() => ({ source: 0, sourcePort })),
      );
      expect(records.map((record) => outcomeOf(record, { kind: 'established' }))).toEqual([
        'ok',
        expect.stringMatching(/^local-port-(in-use|exhausted)$/),
      ]);
    });

    if (!hasSockets) return;

    it('tells a source port that is taken, without a SYN', async () => {
      const peer = await startPeer(answering(responseOf('hello'), 'closes'));
      const record = await attemptOnce(create, armTo(peer), { sourcePort: peer.port });
      expect(record).toMatchObject({ phase: 'start', cause: 'errno', errno: errno.EADDRINUSE });
      expect(outcomeOf(record)).toBe('local-port-in-use');
      expect(peer.seen).toHaveLength(0);
    });

    it('tells a source address that this machine does not have, without a SYN', async () => {
      const peer = await startPeer({});
      // TEST-NET-1, RFC 5737: nobody's address.
      const arm = bareArmTo(peer, { sources: ['192.0.2.1'] });
      const record = await attemptOnce(create, arm, { source: 0 });
      expect(record).toMatchObject({ phase: 'start', cause: 'errno', errno: errno.EADDRNOTAVAIL });
      expect(outcomeOf(record)).toBe('local-no-address');
      expect(peer.seen).toHaveLength(0);
    });
  });
}
