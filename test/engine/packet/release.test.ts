import { expect, it } from 'vitest';
import { createPacketEngine } from '../../../src/engine/packet/engine.ts';
import { ACK, SYN } from '../../../src/net/wire/packet.ts';
import { bareArmTo, outcomeOf } from '../../support/arms.ts';
import { drive } from '../../support/drive.mjs';
import { packetsOnLoopback } from '../../support/packets.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';
import { FarEndOfPackets } from './far-end-of-packets.ts';
import { useFarEndOfPackets } from './use-far-end.ts';

const HOST = '127.0.0.9';
const PORT = 9;
const ISS = 1_000_000;
/** No connection is proved before it is a second old, and keep-alives are a second apart. */
const RELEASED_AFTER_MS = 1_050;
const HOLD_US = 1_500_000;

suiteNeeding(
  'held connections of the packet engine that are let go early',
  ['linux', 'netns', 'ip', 'nft', 'npm:koffi'],
  () => {
    useFarEndOfPackets(PORT);

    it('are given the time for a second keep-alive, although their own hold ends meanwhile', async () => {
      const far = new FarEndOfPackets(HOST, PORT);
      const probes = new Map<number, number>();
      const hearAll = (): void => {
        for (let heard = far.hear(); heard !== undefined; heard = far.hear()) {
          const { port, flags, seq, ack } = heard;
          if ((flags & SYN) !== 0) {
            far.say({ to: port, flags: SYN | ACK, seq: ISS, ack: seq + 1 });
            probes.set(port, -1);
            continue;
          }
          // Its own acknowledgement of the SYN-ACK comes first; the first keep-alive is as good as lost.
          const count = (probes.get(port) ?? 0) + 1;
          probes.set(port, count);
          if (count === 2) far.say({ to: port, flags: ACK, seq: ack, ack: seq + 1 });
        }
      };
      try {
        const arm = bareArmTo({ host: HOST, port: PORT }, { holdUs: HOLD_US, close: 'reset' });
        let releaseAtMs = Number.POSITIVE_INFINITY;
        let isReleased = false;
        const { records, faults } = await drive(createPacketEngine, {
          arms: [{ ...arm, packets: packetsOnLoopback(arm) }],
          starts: [{}, {}, {}],
          onTurn(engine, { established }) {
            hearAll();
            if (established.length === 3 && releaseAtMs === Number.POSITIVE_INFINITY)
              releaseAtMs = performance.now() + RELEASED_AFTER_MS;
            if (isReleased || performance.now() < releaseAtMs) return;
            isReleased = true;
            engine.release();
          },
        });
        expect(faults).toEqual([]);
        expect(records.map((record) => outcomeOf(record, { kind: 'established' }))).toEqual([
          'ok',
          'ok',
          'ok',
        ]);
        for (const { proofAgeUs, establishedAtUs, endedAtUs } of records) {
          expect(proofAgeUs).toBeLessThan(HOLD_US);
          expect(endedAtUs - establishedAtUs).toBeGreaterThan(HOLD_US);
        }
      } finally {
        far.close();
      }
    });
  },
);
