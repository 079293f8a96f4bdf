import { describe, expect, it } from 'vitest';
import type { CreateEngine } from '../../src/engine/types.ts';
import { armTo, nonceOf, outcomeOf, requestOf } from '../support/arms.ts';
import { answering, dripping, responseOf, startPeer } from '../support/servers.ts';
import { attempt, attemptOnce, times } from './attempts.ts';

const CHUNKED =
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: z\r\n\r\n';

export function describeResponses(create: CreateEngine): void {
  describe('responses', () => {
    it.each([
      ['200', '200 OK'],
      ['302', '302 Found'],
      ['407', '407 Proxy Authentication Required'],
      ['503', '503 Service Unavailable'],
    ])('tells status %s and counts its bytes', async (code, status) => {
      const text = responseOf('hello', status);
      const peer = await startPeer(answering(text, 'closes'));
      const record = await attemptOnce(create, armTo(peer));
      expect(record).toMatchObject({ phase: 'done', status: Number(code), bytes: text.length });
      expect(outcomeOf(record, { kind: 'status', statuses: [200] })).toBe(
        code === '200' ? 'ok' : 'unexpected-status',
      );
    });

    it('takes a response to HEAD as complete without the body that it announces', async () => {
      const text = 'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n';
      const peer = await startPeer(answering(text, 'stays'));
      const request = requestOf('HEAD / HTTP/1.1\r\n\r\n');
      const record = await attemptOnce(create, armTo(peer, { request, close: 'fin' }));
      expect(outcomeOf(record)).toBe('ok');
      expect(record.bytes).toBe(text.length);
    });

    it('takes a 204 as complete at its head', async () => {
      const peer = await startPeer(answering('HTTP/1.1 204 No Content\r\n\r\n', 'stays'));
      const record = await attemptOnce(create, armTo(peer, { close: 'fin' }));
      expect(record).toMatchObject({ phase: 'done', status: 204 });
    });

    it('reads chunks to the last one', async () => {
      const peer = await startPeer(answering(CHUNKED, 'stays'));
      const record = await attemptOnce(create, armTo(peer, { close: 'fin' }));
      expect(record).toMatchObject({ phase: 'done', status: 200, bytes: CHUNKED.length });
    });

    it('reads to the end of the connection where nothing else ends the response', async () => {
      const peer = await startPeer(answering('HTTP/1.0 200 OK\r\n\r\nuntil the end', 'closes'));
      const record = await attemptOnce(create, armTo(peer));
      expect(outcomeOf(record)).toBe('ok');
      expect(record.respondedAtUs).toBeGreaterThanOrEqual(record.firstByteAtUs);
      expect(record.firstByteAtUs).toBeGreaterThanOrEqual(0);
    });

    it('passes over interim responses', async () => {
      const peer = await startPeer(
        answering(`HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${responseOf('hello')}`, 'closes'),
      );
      expect(await attemptOnce(create, armTo(peer))).toMatchObject({ phase: 'done', status: 200 });
    });

    it.each([
      ['a counted', responseOf('hello world')],
      ['a chunked', CHUNKED],
    ])('reads %s response that comes byte by byte', async (_kind, text) => {
      const peer = await startPeer(dripping(text));
      const [first, second] = await attempt(create, armTo(peer), times(2));
      expect(first).toMatchObject({ phase: 'done', status: 200, bytes: text.length });
      expect(second).toMatchObject({ phase: 'done', status: 200, bytes: text.length });
    });

    it('reads a response of 16 MB', async () => {
      const text = responseOf('x'.repeat(16_000_000));
      const peer = await startPeer(answering(text, 'closes'));
      const record = await attemptOnce(create, armTo(peer));
      expect(record).toMatchObject({ phase: 'done', cause: 'none', bytes: text.length });
    });

    it('sends a body far larger than the socket buffers, number intact at its end', async () => {
      const peer = await startPeer(answering(responseOf('hello'), 'closes'));
      const padding = 'y'.repeat(4_000_000);
      const length = padding.length + nonceOf(0).length;
      const request = requestOf(
        `POST /{nonce} HTTP/1.1\r\nContent-Length: ${length}\r\n\r\n${padding}{nonce}`,
      );
      const records = await attempt(create, armTo(peer, { request }), times(3));
      expect(records.map((record) => outcomeOf(record))).toEqual(['ok', 'ok', 'ok']);
      const received = peer.seen.map(({ received }) => received).sort();
      expect(received.map((text) => text.length)).toEqual(Array(3).fill(request.bytes.length));
      expect(received.map((text) => text.slice(0, 20))).toEqual(
        [0, 1, 2].map((n) => `POST /${nonceOf(n)} H`),
      );
      expect(received.map((text) => text.slice(-14))).toEqual([0, 1, 2].map((n) => `yy${nonceOf(n)}`));
    });
  });
}
