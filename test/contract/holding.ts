import { describe, expect, it } from 'vitest';
import type { CreateEngine } from '../../src/engine/types.ts';
import { armTo, bareArmTo, outcomeOf } from '../support/arms.ts';
import { answering, responseOf, startPeer } from '../support/servers.ts';
import { attemptOnce, driveSoundly, times } from './attempts.ts';

const RESPONSE = responseOf('hello');
const LONG_US = 600_000_000;

export function describeHolding(create: CreateEngine): void {
  describe('holding', () => {
    it('keeps a connection open for as long as asked, then closes it', async () => {
      const peer = await startPeer(answering(RESPONSE, 'stays'));
      const record = await attemptOnce(create, armTo(peer, { close: 'fin', holdUs: 120_000 }));
      expect(outcomeOf(record)).toBe('ok');
      expect(record.phase).toBe('done');
      expect(record.endedAtUs - record.respondedAtUs).toBeGreaterThanOrEqual(120_000);
    });

    it('closes a connection that it has held itself: nobody told the far end to', async () => {
      const peer = await startPeer(answering(RESPONSE, 'stays'));
      const record = await attemptOnce(create, armTo(peer, { close: 'peer', holdUs: 50_000 }));
      expect(record).toMatchObject({ phase: 'done', cause: 'none', status: 200 });
      expect(record.endedAtUs - record.respondedAtUs).toBeGreaterThanOrEqual(50_000);
    });

    it('holds without a request, from establishment on', async () => {
      const peer = await startPeer({});
      const record = await attemptOnce(create, bareArmTo(peer, { holdUs: 120_000 }));
      expect(outcomeOf(record, { kind: 'established' })).toBe('ok');
      expect(record.endedAtUs - record.establishedAtUs).toBeGreaterThanOrEqual(120_000);
    });

    it('tells a held connection that the far end closes, and when', async () => {
      const peer = await startPeer({
        request(socket) {
          socket.write(RESPONSE, () => setTimeout(() => socket.end(), 60));
        },
      });
      const record = await attemptOnce(create, armTo(peer, { holdUs: LONG_US }));
      expect(record).toMatchObject({ phase: 'held', cause: 'eof', status: 200 });
      expect(outcomeOf(record)).toBe('held-cut');
      expect(record.endedAtUs - record.startedAtUs).toBeGreaterThan(50_000);
    });

    it('tells a held connection that the far end resets', async () => {
      const peer = await startPeer({ accepted: (socket) => setTimeout(() => socket.resetAndDestroy(), 60) });
      const record = await attemptOnce(create, bareArmTo(peer, { holdUs: LONG_US }));
      expect(record).toMatchObject({ phase: 'held', cause: 'errno' });
      expect(outcomeOf(record)).toBe('held-cut');
    });

    it('lets go of what is held when released, and calls it done', async () => {
      const peer = await startPeer(answering(RESPONSE, 'stays'));
      const arms = [armTo(peer, { holdUs: LONG_US }), bareArmTo(peer, { holdUs: LONG_US })];
      let released = false;
      const { records } = await driveSoundly(create, {
        arms,
        starts: [...times(5), ...times(5).map(() => ({ arm: 1 }))],
        onTurn(engine, { established }) {
          const answered = peer.seen.filter(({ received }) => received !== '').length;
          if (released || established.length < 10 || answered < 5) return;
          // One more round, so that the answers have been read.
          released = true;
          setTimeout(() => engine.release(), 50);
        },
      });
      expect(records.map((record) => outcomeOf(record))).toEqual(Array(10).fill('ok'));
      expect(records.map(({ phase }) => phase)).toEqual(Array(10).fill('done'));
    });
  });
}
