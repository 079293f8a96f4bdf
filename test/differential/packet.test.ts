import { execFileSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';
import { createPacketEngine } from '../../src/engine/packet/engine.ts';
import { createRawEngine } from '../../src/engine/raw/engine.ts';
import { setNetParameter, useOwnNetwork } from '../support/own-network.ts';
import { LOOPBACK_CLIENT, LOOPBACK_GUARD, onLoopback } from '../support/packets.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { type Played, playActs } from './play-acts.ts';

/** By hand: RUSHHOUR_FUZZ=100000, and RUSHHOUR_FUZZ_SEED for others than those of everyday. */
const RESPONSES = Number(process.env['RUSHHOUR_FUZZ'] ?? 800);
const FIRST_SEED = Number(process.env['RUSHHOUR_FUZZ_SEED'] ?? 1);
const PER_SEED = Math.min(RESPONSES, 2_000);
/** A busy machine takes a tenth of it. */
const LONGEST_OF_SEED_MS = 180_000;
const SEEDS = Array.from({ length: Math.ceil(RESPONSES / PER_SEED) }, (_, index) => FIRST_SEED + index);

suiteNeeding(
  'packets and sockets, and one far end that says anything',
  ['linux', 'netns', 'ip', 'nft', 'npm:koffi'],
  () => {
    const bySockets: Played[] = [];

    // Before the kernel is kept from answering: where packets are played, its own connections would not work.
    beforeAll(async () => {
      for (const seed of SEEDS) bySockets.push(await playActs(createRawEngine, seed, PER_SEED));
    }, SEEDS.length * LONGEST_OF_SEED_MS);

    describe('in a network of its own', () => {
      useOwnNetwork();
      beforeAll(() => {
        setNetParameter('ipv4.conf.all.route_localnet', 1);
        setNetParameter('ipv4.conf.all.accept_local', 1);
        setNetParameter('ipv4.conf.all.rp_filter', 0);
        setNetParameter('ipv4.conf.lo.rp_filter', 0);
        execFileSync('nft', ['-f', '-'], { input: LOOPBACK_GUARD });
      });

      it.each(SEEDS)('come to the same outcomes and the same counts, seed %i', async (seed) => {
        const byPackets = await playActs(onLoopback(createPacketEngine, LOOPBACK_CLIENT), seed, PER_SEED);
        const sockets = bySockets[SEEDS.indexOf(seed)]!;
        expect(Object.fromEntries(byPackets.told)).toEqual(Object.fromEntries(sockets.told));
        expect(byPackets.counts).toEqual(sockets.counts);
      });
    });
  },
);
