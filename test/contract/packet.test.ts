import { execFileSync } from 'node:child_process';
import { beforeAll } from 'vitest';
import { createPacketEngine } from '../../src/engine/packet/engine.ts';
import { setNetParameter, useOwnNetwork } from '../support/own-network.ts';
import { LOOPBACK_GUARD, onLoopback } from '../support/packets.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { describeEngine } from './engine-contract.ts';

suiteNeeding('the engine contract, by packets', ['linux', 'netns', 'ip', 'nft', 'npm:koffi'], () => {
  useOwnNetwork();
  beforeAll(() => {
    // Packets of 127/8 that no socket of this machine has sent are otherwise taken for strays (martians).
    setNetParameter('ipv4.conf.all.route_localnet', 1);
    setNetParameter('ipv4.conf.all.accept_local', 1);
    setNetParameter('ipv4.conf.all.rp_filter', 0);
    setNetParameter('ipv4.conf.lo.rp_filter', 0);
    execFileSync('nft', ['-f', '-'], { input: LOOPBACK_GUARD });
  });
  describeEngine('packet engine', onLoopback(createPacketEngine), true, false);
});
