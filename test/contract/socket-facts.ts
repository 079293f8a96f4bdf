import { describe, expect, it } from 'vitest';
import type { CreateEngine } from '../../src/engine/types.ts';
import { tickerOf } from '../../src/net/ticker.ts';
import { armTo, outcomeOf } from '../support/arms.ts';
import { answering, responseOf, startPeer } from '../support/servers.ts';
import { attemptOnce, driveSoundly } from './attempts.ts';

const OK = answering(responseOf('hello'), 'closes');

/** TCP_INFO bit of timestamps, which Linux uses on both sides unless told not to. */
const TIMESTAMPS = 1;

/** Where the system lets an engine look into its sockets. */
export function describeSocketFacts(create: CreateEngine, hasSockets: boolean): void {
  describe('socket facts', () => {
    it.each(['127.0.0.1', '::1'])('tells what TCP agreed upon with %s', async (host) => {
      const peer = await startPeer(OK, host);
      const driven = await driveSoundly(create, { arms: [armTo(peer)], starts: [{}] });
      expect(driven.readsTcpInfo).toBe(true);
      const record = driven.established[0]!;
      expect(record.synRetransmits).toBe(0);
      expect(record.rttUs).toBeGreaterThan(0);
      expect(record.rttUs).toBeLessThan(1_000_000);
      expect(record.mss).toBeGreaterThan(1_000);
      expect(record.tcpOptions & TIMESTAMPS).toBe(TIMESTAMPS);
      expect(driven.records[0]!.requestRetransmits).toBe(0);
      expect([0, peer.seen[0]?.remotePort]).toContain(driven.records[0]!.sourcePort);
    });

    it.each(['127.0.0.1', '::1'])('sets the options that the arm asks for, towards %s', async (host) => {
      const peer = await startPeer(OK, host);
      const record = await attemptOnce(create, armTo(peer, { socket: { mss: 500, tos: 184, synCount: 2 } }));
      expect(outcomeOf(record)).toBe('ok');
      expect(record.mss).toBeGreaterThan(400);
      expect(record.mss).toBeLessThanOrEqual(500);
    });

    if (!hasSockets) return;

    it('calls an option that the system refuses a failure to start', async () => {
      const peer = await startPeer(OK);
      // tcp(7): 127 is the most.
      const record = await attemptOnce(create, armTo(peer, { socket: { synCount: 128 } }));
      expect(outcomeOf(record)).toBe('local-start-failure');
      expect(peer.seen).toHaveLength(0);
    });
  });
}

/** Where the system does not. */
export function describeMissingFacts(create: CreateEngine): void {
  describe('socket facts', () => {
    it('says that it does not know them', async () => {
      const peer = await startPeer(OK);
      const driven = await driveSoundly(create, { arms: [armTo(peer)], starts: [{}] });
      expect(driven.readsTcpInfo).toBe(false);
      expect(driven.records[0]).toMatchObject({
        synRetransmits: -1,
        requestRetransmits: -1,
        rttUs: -1,
        mss: -1,
        tcpOptions: -1,
      });
    });

    it('refuses socket options that it could not set, before any attempt', async () => {
      const peer = await startPeer(OK);
      const arms = [armTo(peer, { socket: { tos: 184, mss: 500 } }), armTo(peer, { socket: { mss: 500 } })];
      const observer = { established: () => expect.fail(), settled: () => expect.fail() };
      expect(() => create({ arms, observer, clock: tickerOf(() => 0), maxOpen: 1 })).toThrow(
        /cannot set tos, mss /,
      );
    });
  });
}
