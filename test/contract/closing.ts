import { describe, expect, it } from 'vitest';
import type { CreateEngine } from '../../src/engine/types.ts';
import { armTo, bareArmTo, countOutcomes, outcomeOf } from '../support/arms.ts';
import { answering, responseOf, startPeer } from '../support/servers.ts';
import { attemptOnce, driveSoundly, times } from './attempts.ts';

const RESPONSE = responseOf('hello');

/** @param readsTcpInfo the engine has the system's help with sockets */
export function describeClosing(create: CreateEngine, readsTcpInfo: boolean): void {
  describe('closing', () => {
    it('waits for the far end to close first', async () => {
      const waitMs = 50;
      const peer = await startPeer({
        request(socket) {
          socket.write(RESPONSE, () => setTimeout(() => socket.end(), waitMs));
        },
      });
      const record = await attemptOnce(create, armTo(peer));
      expect(outcomeOf(record)).toBe('ok');
      // A timer may fire a millisecond early by the other clock. From the start: a busy machine may notice the response
      // late, while the far end waits already.
      expect(record.endedAtUs - record.startedAtUs).toBeGreaterThan((waitMs - 2) * 1_000);
      await peer.closedByNear(1);
      expect(peer.seen[0]?.closed).toBe('fin');
    });

    it('tells a far end that never closes', async () => {
      const peer = await startPeer(answering(RESPONSE, 'stays'));
      const record = await attemptOnce(create, armTo(peer, { responseTimeoutUs: 150_000 }));
      expect(outcomeOf(record)).toBe('never-closed');
      expect(record).toMatchObject({ phase: 'closing', cause: 'timeout', status: 200 });
      expect(record.endedAtUs - record.respondedAtUs).toBeGreaterThanOrEqual(150_000);
    });

    it('takes a whole response for whole, though the far end then resets instead of closing', async () => {
      const peer = await startPeer({
        request(socket) {
          socket.write(RESPONSE, () => setTimeout(() => socket.resetAndDestroy(), 50));
        },
      });
      const record = await attemptOnce(create, armTo(peer));
      expect(record).toMatchObject({ phase: 'closing', cause: 'errno', status: 200 });
      expect(outcomeOf(record)).toBe('ok');
      expect(outcomeOf(record, { kind: 'status', statuses: [204] })).toBe('unexpected-status');
    });

    const CUT = 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello';
    const UNTIL_CLOSE = 'HTTP/1.1 200 OK\r\n\r\nhello';
    const RESETS = [
      ['a whole response', RESPONSE, 'peer', 'ok'],
      ['a whole response', RESPONSE, 'fin', 'ok'],
      ['a cut response', CUT, 'peer', 'response-reset'],
      ['a cut response', CUT, 'fin', 'response-reset'],
      ['a response that only a FIN could end', UNTIL_CLOSE, 'peer', 'response-reset'],
    ] as const;
    it.each(RESETS)('learns at once of a reset that comes together with %s', async (...[
      ,
      text,
      close,
      outcome,
    ]) => {
      // Long enough after the request for a reactor to have been told to watch: both then come as one event.
      const peer = await startPeer({
        request(socket) {
          const answer = (): void => {
            socket.write(text, 'latin1');
            socket.resetAndDestroy();
          };
          setTimeout(answer, 30);
        },
      });
      const plan = { arms: [armTo(peer, { close })], starts: times(64), concurrency: 16, maxOpen: 16 };
      const { records } = await driveSoundly(create, plan);
      // To libuv alone, a reset that comes with bytes is an end like any other.
      const seen = text === CUT ? 'response-truncated' : 'ok';
      expect(countOutcomes(records)).toEqual({ [readsTcpInfo ? outcome : seen]: 64 });
      expect(records.every(({ status }) => status === 200)).toBe(true);
    });

    it('sends FIN itself where told to, though the connection could live on', async () => {
      const peer = await startPeer(answering(RESPONSE, 'stays'));
      const record = await attemptOnce(create, armTo(peer, { close: 'fin' }));
      expect(outcomeOf(record)).toBe('ok');
      await peer.closedByNear(1);
      expect(peer.seen[0]?.closed).toBe('fin');
    });

    it('sends RST where told to', async () => {
      const peer = await startPeer(answering(RESPONSE, 'stays'));
      const record = await attemptOnce(create, armTo(peer, { close: 'reset' }));
      expect(outcomeOf(record)).toBe('ok');
      await peer.closedByNear(1);
      expect(peer.seen[0]?.closed).toBe('reset');
    });

    it('sends RST without a request, too', async () => {
      const peer = await startPeer({});
      await attemptOnce(create, bareArmTo(peer, { close: 'reset' }));
      await peer.closedByNear(1);
      expect(peer.seen[0]?.closed).toBe('reset');
    });

    it('does not wait for the far end without a request: there is no exchange for it to end', async () => {
      const peer = await startPeer({});
      const record = await attemptOnce(
        create,
        bareArmTo(peer, { close: 'peer', responseTimeoutUs: 100_000 }),
      );
      expect(outcomeOf(record, { kind: 'established' })).toBe('ok');
    });

    it('does not mind bytes after a complete response', async () => {
      const peer = await startPeer(answering(`${RESPONSE}and some more`, 'closes'));
      expect(outcomeOf(await attemptOnce(create, armTo(peer)))).toBe('ok');
    });
  });
}
