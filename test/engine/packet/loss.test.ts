import { execFileSync } from 'node:child_process';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createPacketEngine } from '../../../src/engine/packet/engine.ts';
import type { EngineArm } from '../../../src/engine/types.ts';
import { armTo, bareArmTo, countOutcomes, outcomeOf } from '../../support/arms.ts';
import { drive } from '../../support/drive.mjs';
import { setNetParameter, useOwnNetwork } from '../../support/own-network.ts';
import { LOOPBACK_GUARD, PLAIN_CLIENT, packetsOnLoopback } from '../../support/packets.ts';
import { answering, findClosedPort, responseOf, startPeer } from '../../support/servers.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';

const MS = 1_000;

/** Timers short enough to be waited for, far enough apart to be told from one another. */
const QUICK = {
  ...PLAIN_CLIENT,
  synWaitsUs: [150 * MS, 300 * MS, 600 * MS, 1_200 * MS, 2_400 * MS],
  rtoUs: 150 * MS,
  minRtoUs: 150 * MS,
};

/** What is lost on its way to the far end, and on its way back, as rules of nftables. */
function lose(outward: string, homeward = ''): void {
  execFileSync('nft', ['-f', '-'], {
    input: `
      table netdev loss {
        chain outward {
          type filter hook ingress device "lo" priority -5
          ${outward === '' ? '' : `ip ttl 63 ${outward} drop`}
        }
      }
      table ip loss {
        chain homeward {
          type filter hook output priority 0
          ${homeward === '' ? '' : `${homeward} drop`}
        }
      }`,
  });
}

function run(arm: EngineArm, count: number, sourcePort = 0) {
  const arms = [{ ...arm, packets: packetsOnLoopback(arm, QUICK) }];
  return drive(createPacketEngine, { arms, starts: Array.from({ length: count }, () => ({ sourcePort })) });
}

suiteNeeding('the packet engine on a path that loses', ['linux', 'netns', 'ip', 'nft', 'npm:koffi'], () => {
  useOwnNetwork();
  beforeAll(() => {
    setNetParameter('ipv4.conf.all.route_localnet', 1);
    setNetParameter('ipv4.conf.all.accept_local', 1);
    setNetParameter('ipv4.conf.lo.rp_filter', 0);
    setNetParameter('ipv4.conf.all.rp_filter', 0);
    execFileSync('nft', ['-f', '-'], { input: LOOPBACK_GUARD });
  });
  afterEach(() => {
    execFileSync('nft', ['-f', '-'], { input: 'delete table netdev loss\ndelete table ip loss' });
  });

  describe.each([
    ['SYN', 'tcp flags & (syn | ack) == syn numgen inc mod 2 == 0', ''],
    ['SYN-ACK', '', 'tcp flags & (syn | ack) == syn | ack numgen inc mod 2 == 0'],
  ])('a lost %s', (_what, outward, homeward) => {
    it('is made good when the client would, and counted', async () => {
      const peer = await startPeer(answering(responseOf('hello'), 'closes'));
      lose(outward, homeward);
      const { records, faults } = await run(armTo(peer), 1);
      expect(faults).toEqual([]);
      const [record] = records;
      expect(outcomeOf(record!)).toBe('ok');
      expect(record).toMatchObject({ synRetransmits: 1, requestRetransmits: 0 });
      expect(record!.establishedAtUs - record!.startedAtUs).toBeGreaterThanOrEqual(150 * MS);
      // The echoed timestamp tells which SYN was answered.
      expect(record!.rttUs).toBeLessThan(record!.establishedAtUs - record!.startedAtUs);
    });
  });

  it('proves what is released one after the other, so that the answers to very many find room', async () => {
    const peer = await startPeer({});
    lose('');
    const arm = bareArmTo(peer, { holdUs: 600_000 * MS });
    let releaseAtMs = Number.POSITIVE_INFINITY;
    const { records } = await drive(createPacketEngine, {
      arms: [{ ...arm, packets: packetsOnLoopback(arm, QUICK) }],
      starts: Array.from({ length: 400 }, () => ({})),
      onTurn(engine, { established }) {
        if (established.length === 400 && !Number.isFinite(releaseAtMs))
          releaseAtMs = performance.now() + 1_050;
        if (performance.now() < releaseAtMs) return;
        releaseAtMs = Number.MAX_VALUE;
        engine.release();
      },
    });
    expect(countOutcomes(records)).toEqual({ ok: 400 });
    const provedAtUs = records.map((record) => record.provedAtUs);
    // 40,000 a second.
    expect(Math.max(...provedAtUs) - Math.min(...provedAtUs)).toBeGreaterThanOrEqual(9_900);
  });

  it('gives up a handshake as its client does, after the last wait', async () => {
    const peer = await startPeer({});
    lose('tcp flags & (syn | ack) == syn');
    const { records } = await run(bareArmTo(peer, { socket: { synCount: 2 } }), 1);
    expect(records[0]).toMatchObject({ phase: 'handshake', cause: 'errno', synRetransmits: 2 });
    expect(outcomeOf(records[0]!)).toBe('handshake-timeout');
    expect(records[0]!.endedAtUs - records[0]!.startedAtUs).toBeGreaterThanOrEqual(1_050 * MS);
  });

  it('sends a lost request again, and counts that', async () => {
    const peer = await startPeer(answering(responseOf('hello'), 'closes'));
    lose('tcp flags & psh == psh numgen inc mod 2 == 0');
    const { records } = await run(armTo(peer), 1);
    expect(outcomeOf(records[0]!)).toBe('ok');
    expect(records[0]).toMatchObject({ synRetransmits: 0, requestRetransmits: 1 });
    expect(peer.seen).toHaveLength(1);
  });

  it('reads long responses whole, though a tenth of all packets is lost in both directions', async () => {
    const body = 'x'.repeat(40_000);
    const peer = await startPeer(answering(responseOf(body), 'closes'));
    lose('numgen random mod 10 == 0', 'numgen random mod 10 == 0');
    const { records, faults } = await run(armTo(peer), 12);
    expect(faults).toEqual([]);
    expect(countOutcomes(records)).toEqual({ ok: 12 });
    expect(records.map(({ bytes }) => bytes)).toEqual(Array(12).fill(responseOf(body).length));
  });

  it('clears an older connection of the same port out of the way, which its far end still has', async () => {
    const peer = await startPeer({});
    const sourcePort = await findClosedPort();
    // The end of the first connection is lost.
    lose('tcp flags & (rst | fin) != 0');
    await run(bareArmTo(peer, { close: 'reset' }), 1, sourcePort);
    execFileSync('nft', ['flush', 'chain', 'netdev', 'loss', 'outward']);
    const { records } = await run(bareArmTo(peer), 1, sourcePort);
    expect(outcomeOf(records[0]!, { kind: 'established' })).toBe('ok');
    expect(records[0]!.synRetransmits).toBe(1);
    expect(peer.seen.map(({ remotePort }) => remotePort)).toEqual([sourcePort, sourcePort]);
  });

  it('leaves no connection behind, though what ends them is lost at first', async () => {
    const peer = await startPeer(answering(responseOf('hello'), 'stays'));
    lose('tcp flags & fin == fin numgen inc mod 2 == 0');
    const arm = armTo(peer, { close: 'fin' });
    const { records } = await run(arm, 4);
    expect(countOutcomes(records)).toEqual({ ok: 4 });
    await peer.closedByNear(4);
  });
});
