import { describe, expect, it } from 'vitest';
import type { CreateEngine } from '../../src/engine/types.ts';
import { armTo, countOutcomes } from '../support/arms.ts';
import { answering, responseOf, startPeer } from '../support/servers.ts';
import { driveSoundly, times } from './attempts.ts';

const OK = answering(responseOf('hello'), 'closes');

/** `driveSoundly` checks the rest: one settlement each, establishment once and before it, times in order. */
export function describeBookkeeping(create: CreateEngine): void {
  describe('bookkeeping', () => {
    it('settles each of 500 attempts open at once', async () => {
      const peer = await startPeer(OK);
      const { records, established } = await driveSoundly(create, {
        arms: [armTo(peer)],
        starts: times(500),
      });
      expect(countOutcomes(records)).toEqual({ ok: 500 });
      expect(records.map(({ attempt }) => attempt)).toEqual(Array.from({ length: 500 }, (_, n) => n));
      expect(established).toHaveLength(500);
      expect(peer.seen).toHaveLength(500);
    });

    it('uses its places again and again', async () => {
      const peer = await startPeer(OK);
      const plan = { arms: [armTo(peer)], starts: times(400), concurrency: 8, maxOpen: 8 };
      const { records } = await driveSoundly(create, plan);
      expect(countOutcomes(records)).toEqual({ ok: 400 });
      expect(records.every(({ bytes }) => bytes === responseOf('hello').length)).toBe(true);
    });

    it('keeps good and bad ends apart when they mix in the same places', async () => {
      let turn = 0;
      const peer = await startPeer({
        request(socket) {
          turn += 1;
          if (turn % 4 === 0) socket.end(responseOf('hello'));
          else if (turn % 4 === 1) socket.resetAndDestroy();
          else if (turn % 4 === 2) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel');
          else socket.end('garbage\r\n');
        },
      });
      const plan = { arms: [armTo(peer)], starts: times(200), concurrency: 10, maxOpen: 10 };
      const { records } = await driveSoundly(create, plan);
      expect(countOutcomes(records)).toEqual({
        ok: 50,
        'response-reset': 50,
        'response-truncated': 50,
        'response-garbage': 50,
      });
    });

    it('tells at establishment what it knows by then, and no more', async () => {
      const peer = await startPeer(OK);
      const { established } = await driveSoundly(create, { arms: [armTo(peer)], starts: [{}] });
      expect(established[0]).toMatchObject({
        arm: 0,
        attempt: 0,
        endpoint: 0,
        bytes: 0,
        firstByteAtUs: -1,
        respondedAtUs: -1,
        endedAtUs: -1,
      });
      expect(established[0]!.establishedAtUs).toBeGreaterThanOrEqual(established[0]!.startedAtUs);
    });
  });
}
