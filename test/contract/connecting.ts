import { describe, expect, it } from 'vitest';
import type { CreateEngine } from '../../src/engine/types.ts';
import { armTo, bareArmTo, endpointOf, nonceOf, outcomeOf, requestOf } from '../support/arms.ts';
import { answering, findClosedPort, responseOf, startPeer } from '../support/servers.ts';
import { attempt, attemptOnce, driveSoundly, times } from './attempts.ts';

const OK = answering(responseOf('hello'), 'closes');

export function describeConnecting(create: CreateEngine): void {
  describe('connecting', () => {
    it('reaches an IPv4 endpoint and sends the request as compiled', async () => {
      const peer = await startPeer(OK);
      const record = await attemptOnce(create, armTo(peer));
      expect(outcomeOf(record)).toBe('ok');
      expect(peer.seen.map(({ received }) => received)).toEqual(['GET / HTTP/1.1\r\nHost: peer\r\n\r\n']);
    });

    it('reaches an IPv6 endpoint', async () => {
      const peer = await startPeer(OK, '::1');
      expect(outcomeOf(await attemptOnce(create, armTo(peer)))).toBe('ok');
      expect(peer.seen).toHaveLength(1);
    });

    it('takes the endpoints of an arm in turn', async () => {
      const peers = [await startPeer(OK), await startPeer(OK, '127.0.0.2')];
      const records = await attempt(create, armTo(peers[0]!, { endpoints: peers.map(endpointOf) }), times(6));
      expect(records.map(({ endpoint }) => endpoint)).toEqual([0, 1, 0, 1, 0, 1]);
      expect(peers.map(({ seen }) => seen.length)).toEqual([3, 3]);
    });

    it('runs arms side by side, each with its own request', async () => {
      const peers = [await startPeer(OK), await startPeer(OK)];
      const other = requestOf('GET /other HTTP/1.0\r\n\r\n');
      const arms = [armTo(peers[0]!), armTo(peers[1]!, { request: other })];
      const { records } = await driveSoundly(create, { arms, starts: [{ arm: 1 }, { arm: 0 }, { arm: 1 }] });
      expect(records.map(({ arm }) => arm)).toEqual([1, 0, 1]);
      expect(peers[0]!.seen).toHaveLength(1);
      expect(peers[1]!.seen.map(({ received }) => received.split('\r\n')[0])).toEqual([
        'GET /other HTTP/1.0',
        'GET /other HTTP/1.0',
      ]);
    });

    it("writes each attempt's number into its own request, wherever the nonce stands", async () => {
      const peer = await startPeer(OK);
      const request = requestOf('GET /a?n={nonce} HTTP/1.1\r\nX-Nonce: {nonce}\r\n\r\n');
      await attempt(create, armTo(peer, { request }), times(20));
      const expected = Array.from(
        { length: 20 },
        (_, n) => `GET /a?n=${nonceOf(n)} HTTP/1.1\r\nX-Nonce: ${nonceOf(n)}\r\n\r\n`,
      );
      expect(peer.seen.map(({ received }) => received).sort()).toEqual(expected);
    });

    it('binds the source address of each attempt', async () => {
      const peer = await startPeer(OK);
      const arm = armTo(peer, { sources: ['127.0.0.2', '127.0.0.3'] });
      const records = await attempt(create, arm, [{ source: 0 }, { source: 1 }, {}]);
      expect(records.map(({ source }) => source)).toEqual([0, 1, -1]);
      expect(peer.seen.map(({ remoteAddress }) => remoteAddress).sort()).toEqual([
        '127.0.0.1',
        '127.0.0.2',
        '127.0.0.3',
      ]);
    });

    it('binds the source port of an attempt', async () => {
      const peer = await startPeer(OK);
      const sourcePort = await findClosedPort();
      const record = await attemptOnce(create, armTo(peer), { sourcePort });
      expect(record.sourcePort).toBe(sourcePort);
      expect(peer.seen[0]?.remotePort).toBe(sourcePort);
    });

    it('binds source address and port together, over IPv6 too', async () => {
      const peer = await startPeer(OK, '::1');
      const sourcePort = await findClosedPort('::1');
      await attemptOnce(create, armTo(peer, { sources: ['::1'] }), { source: 0, sourcePort });
      expect(peer.seen[0]).toMatchObject({ remoteAddress: '::1', remotePort: sourcePort });
    });

    it('reuses a bound port over its own TIME_WAIT once the far end has closed first', async () => {
      const peer = await startPeer(OK);
      const sourcePort = await findClosedPort();
      for (let round = 0; round < 5; round += 1) {
        expect(outcomeOf(await attemptOnce(create, armTo(peer), { sourcePort }))).toBe('ok');
      }
      expect(peer.seen.map(({ remotePort }) => remotePort)).toEqual(Array(5).fill(sourcePort));
    });

    it('connects without a word where the arm has no request', async () => {
      const peer = await startPeer({});
      const record = await attemptOnce(create, bareArmTo(peer));
      expect(outcomeOf(record, { kind: 'established' })).toBe('ok');
      expect(record).toMatchObject({
        phase: 'done',
        bytes: 0,
        status: 0,
        firstByteAtUs: -1,
        respondedAtUs: -1,
      });
      await peer.closedByNear(1);
      expect(peer.seen[0]).toMatchObject({ received: '', closed: 'fin' });
    });

    it('calls it unexpected when a port that must refuse lets it in', async () => {
      const peer = await startPeer({});
      const record = await attemptOnce(create, bareArmTo(peer));
      expect(outcomeOf(record, { kind: 'refused' })).toBe('unexpected-handshake');
    });
  });
}
