import { describe, expect, it } from 'vitest';
import type { CreateEngine } from '../../src/engine/types.ts';
import { tickerOf } from '../../src/net/ticker.ts';
import { armTo, bareArmTo, countOutcomes } from '../support/arms.ts';
import { answering, responseOf, startPeer } from '../support/servers.ts';
import { driveSoundly, times } from './attempts.ts';

const LONG_US = 600_000_000;

export function describeStopping(create: CreateEngine): void {
  describe('stopping', () => {
    it('gives up everything open at once, whatever it waits for', async () => {
      const silent = await startPeer({});
      const lasting = await startPeer(answering(responseOf('hello'), 'stays'));
      const arms = [armTo(silent), armTo(lasting), bareArmTo(silent, { holdUs: LONG_US })];
      let aborted = false;
      const { records } = await driveSoundly(create, {
        arms,
        starts: times(30).map((_, index) => ({ arm: index % arms.length })),
        onTurn(engine, { established }) {
          if (aborted || established.length < 30) return;
          aborted = true;
          engine.abort();
          expect(engine.open).toBe(0);
        },
      });
      expect(countOutcomes(records)).toEqual({ abandoned: 30 });
      expect(records.every(({ cause }) => cause === 'stopped')).toBe(true);
    });

    it('gives up attempts that have only just begun', async () => {
      const peer = await startPeer({});
      const { records } = await driveSoundly(create, {
        arms: [armTo(peer)],
        starts: times(20),
        onTurn: (engine) => engine.abort(),
      });
      expect(countOutcomes(records)).toEqual({ abandoned: 20 });
    });

    it('has nothing to do where nothing is open', () => {
      const engine = create({
        arms: [bareArmTo({ host: '127.0.0.1', port: 9 })],
        observer: { established: () => expect.fail(), settled: () => expect.fail() },
        clock: tickerOf(() => 0),
        maxOpen: 1,
      });
      engine.release();
      engine.abort();
      engine.poll(0);
      expect(engine.open).toBe(0);
      engine.close();
    });
  });
}
