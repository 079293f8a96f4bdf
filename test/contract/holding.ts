import { describe, expect, it } from 'vitest';
import type { CreateEngine } from '../../src/engine/types.ts';
import { armTo, bareArmTo, countOutcomes, outcomeOf } from '../support/arms.ts';
import { answering, responseOf, startPeer } from '../support/servers.ts';
import { attemptOnce, driveSoundly, times } from './attempts.ts';

const RESPONSE = responseOf('hello');
const SEC = 1_000_000;
const LONG_US = 600_000_000;

/** @param tellsAnswers the system tells that a keep-alive was answered; else, that none was */
export function describeHolding(create: CreateEngine, tellsAnswers: boolean): void {
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
      expect(records.map(({ provedAtUs }) => provedAtUs)).toEqual(Array(10).fill(-1));
    });

    it('proves each connection at one age of the arm, and closes it after that', async () => {
      const peer = await startPeer(answering(RESPONSE, 'stays'));
      const ages = { proveUs: [SEC, 1_100_000], holdUs: 1_200_000 };
      const arms = [bareArmTo(peer, ages), armTo(peer, { ...ages, close: 'reset' })];
      const starts = [...times(3), ...times(3).map(() => ({ arm: 1 }))];
      const { records } = await driveSoundly(create, { arms, starts });
      expect(records.map((record) => outcomeOf(record))).toEqual(Array(6).fill('ok'));
      const own = [...ages.proveUs, ages.holdUs];
      expect(records.map(({ proofAgeUs }) => proofAgeUs)).toEqual([...own, ...own]);
      for (const { proofAgeUs, provedAtUs, establishedAtUs, respondedAtUs, endedAtUs } of records) {
        expect(provedAtUs - Math.max(establishedAtUs, respondedAtUs)).toBeGreaterThanOrEqual(proofAgeUs);
        if (!tellsAnswers) expect(endedAtUs - provedAtUs).toBeGreaterThanOrEqual(10 * SEC);
      }
    });

    it('keeps what is held together until all of it has been proved, and closes it when told to', async () => {
      const peer = await startPeer({});
      const together = bareArmTo(peer, { holdUs: 1_100_000, holdsTogether: true, close: 'reset' });
      const own = bareArmTo(peer, { holdUs: 300_000 });
      let releaseAtMs = Number.POSITIVE_INFINITY;
      const seen: { closing: number; closedByFar: number }[] = [];
      let isReleased = false;
      let resets = 0;
      const { records } = await driveSoundly(create, {
        arms: [together, own, bareArmTo(peer, { holdUs: LONG_US })],
        starts: [{}, {}, {}, { arm: 1 }, { arm: 2 }],
        onTurn(engine, { established }) {
          const closedByFar = peer.seen.filter(({ closed }) => closed !== 'open').length;
          if (established.length === 5 && !Number.isFinite(releaseAtMs))
            releaseAtMs = performance.now() + 1_100;
          if (!isReleased && performance.now() >= releaseAtMs) {
            isReleased = true;
            engine.release(false, 0);
          }
          // That of its own age is closed by FIN, which takes an answer.
          if (engine.open > 1 || closedByFar === 0) return;
          if (seen.length === 0) {
            if ((engine.closing ?? 0) > 3) return;
            seen.push({ closing: engine.closing ?? 0, closedByFar });
            engine.closeKept?.();
          } else if (engine.closing === 0 && closedByFar === 4) {
            resets = peer.seen.filter(({ closed }) => closed === 'reset').length;
            engine.abort();
          }
        },
      });
      // That of its own age was closed, the three were not.
      expect(seen).toEqual([{ closing: 3, closedByFar: 1 }]);
      const [first, second, third, other, last] = records;
      for (const record of [first, second, third]) {
        expect(outcomeOf(record!, { kind: 'established' })).toBe('ok');
        expect(record!.proofAgeUs).toBeGreaterThanOrEqual(1_000_000);
        expect(record!.provedAtUs).toBeGreaterThanOrEqual(record!.establishedAtUs + record!.proofAgeUs);
      }
      expect([other!.phase, other!.provedAtUs, last!.cause]).toEqual(['done', -1, 'stopped']);
      expect(resets).toBe(3);
    });

    it('proves nothing of what was held for less than a second', async () => {
      const peer = await startPeer({});
      const record = await attemptOnce(create, bareArmTo(peer, { holdUs: 100_000 }));
      expect([outcomeOf(record, { kind: 'established' }), record.provedAtUs]).toEqual(['ok', -1]);
    });

    it.each([
      ['released', false, tellsAnswers],
      ['released in a hurry', true, false],
    ])('proves what was held for longer once it is %s: %s', async (_, isHurried, isProved) => {
      const peer = await startPeer({});
      let releaseAtMs = Number.POSITIVE_INFINITY;
      const { records } = await driveSoundly(create, {
        arms: [bareArmTo(peer, { holdUs: LONG_US })],
        starts: times(2),
        onTurn(engine, { established }) {
          if (established.length === 2) releaseAtMs = Math.min(releaseAtMs, performance.now() + 1_150);
          if (performance.now() >= releaseAtMs) engine.release(isHurried);
        },
      });
      expect(countOutcomes(records)).toEqual({ ok: 2 });
      expect(records.map(({ provedAtUs }) => provedAtUs >= 0)).toEqual([isProved, isProved]);
      if (isProved) for (const { proofAgeUs } of records) expect(proofAgeUs % 100_000).toBe(0);
    });
  });
}
