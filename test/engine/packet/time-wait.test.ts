import { execFileSync } from 'node:child_process';
import { beforeAll, expect, it } from 'vitest';
import { resolveClient } from '../../../src/client/resolve.ts';
import type { ClientKnobs } from '../../../src/client/types.ts';
import { createPacketEngine } from '../../../src/engine/packet/engine.ts';
import { armTo } from '../../support/arms.ts';
import { drive } from '../../support/drive.mjs';
import { setNetParameter, useOwnNetwork } from '../../support/own-network.ts';
import { LOOPBACK_GUARD, packetsOnLoopback } from '../../support/packets.ts';
import { answering, responseOf, startPeer } from '../../support/servers.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';

const TUPLES = 40;

/**
 * How many of the tuples that are used again at once, while the far end holds them in TIME_WAIT, it refuses: by a bare ACK, to
 * which a client answers by RST and another SYN (RFC 9293 figure 10).
 */
async function countRefused(knobs: ClientKnobs): Promise<number> {
  const peer = await startPeer(answering(responseOf('fine', '200 OK', 'Connection: close\r\n'), 'closes'));
  const arm = armTo(peer);
  // Windows sends no timestamps of its own accord, and its TTL tells its packets from the kernel's.
  const client = resolveClient('windows-11', knobs);
  const arms = [{ ...arm, packets: packetsOnLoopback(arm, client) }];
  const ports = Array.from({ length: TUPLES }, (_, index) => ({ sourcePort: 20_000 + index }));
  const plan = { arms, starts: [...ports, ...ports], concurrency: TUPLES / 4 };
  const { records, faults } = await drive(createPacketEngine, plan);
  expect(faults).toEqual([]);
  expect(records.map(({ cause }) => cause)).toEqual(plan.starts.map(() => 'none'));
  const [first, again] = [records.slice(0, TUPLES), records.slice(TUPLES)];
  expect(first.every(({ synRetransmits }) => synRetransmits === 0)).toBe(true);
  return again.filter(({ synRetransmits }) => synRetransmits > 0).length;
}

suiteNeeding('clients before a far end in TIME_WAIT', ['linux', 'netns', 'ip', 'nft', 'npm:koffi'], () => {
  useOwnNetwork();
  beforeAll(() => {
    setNetParameter('ipv4.conf.all.route_localnet', 1);
    setNetParameter('ipv4.conf.all.accept_local', 1);
    setNetParameter('ipv4.conf.all.rp_filter', 0);
    setNetParameter('ipv4.conf.lo.rp_filter', 0);
    execFileSync('nft', ['-f', '-'], { input: LOOPBACK_GUARD });
  });

  it('are refused where the number is the same again, and accepted where it has risen', async () => {
    expect(await countRefused({ isn: 'repeat' })).toBe(TUPLES);
    expect(await countRefused({ isn: 'clock' })).toBe(0);
    expect(await countRefused({ isn: 'rfc6528' })).toBe(0);
  });

  it('are refused one time in two where it is random', async () => {
    // A coin that is thrown 40 times shows 5 to 35 heads but once in 800,000.
    const refused = await countRefused({ isn: 'random' });
    expect(refused).toBeGreaterThanOrEqual(5);
    expect(refused).toBeLessThanOrEqual(35);
  });

  it('are accepted whatever the number, where timestamps have risen', async () => {
    expect(await countRefused({ isn: 'repeat', timestamps: true })).toBe(0);
  });
});
