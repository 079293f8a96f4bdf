import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { AttemptRecord } from '../../src/engine/types.ts';
import { DEFAULT_STALL_AFTER_US, judgeHandshake } from '../../src/outcome/stall.ts';
import { times } from '../contract/attempts.ts';
import { armTo, bareArmTo, countOutcomes, outcomeOf } from '../support/arms.ts';
import { driveChild, ENGINES } from '../support/drive-child.ts';
import { type Namespace, withNamespace, withPair } from '../support/namespaces.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { loseSyns, treatSyns } from './lose-syns.ts';

const { errno } = constants;

function fateOf(record: AttemptRecord): string {
  const established = record.establishedAtUs >= 0;
  const until = established ? record.establishedAtUs : record.endedAtUs;
  const facts = {
    handshakeUs: until - record.startedAtUs,
    established,
    stopped: record.cause === 'stopped',
    synRetransmits: record.synRetransmits,
  };
  return judgeHandshake(facts, DEFAULT_STALL_AFTER_US);
}

function inside(namespace: Namespace): [string, ...string[]] {
  return ['ip', 'netns', 'exec', namespace.name];
}

suiteNeeding('handshakes across a cable', ['linux', 'root', 'netns', 'ip', 'nft'], () => {
  describe.each(ENGINES)('%s engine', (engine) => {
    it.each([
      [0, 'prompt'],
      [1, 'recovered'],
      [2, 'recovered'],
    ])('counts exactly %i SYN retransmissions where as many SYNs are lost: %s', async (lost, fate) => {
      await withPair(async ({ near, far, farAddress }) => {
        const { origin } = await far.startFarEnd(farAddress);
        await far.loadRules(loseSyns(lost, origin.port));
        const driven = await driveChild(inside(near), engine, { arms: [armTo(origin)], starts: times(5) });
        expect(driven.faults).toEqual([]);
        expect(driven.records.map(({ synRetransmits }) => synRetransmits)).toEqual(Array(5).fill(lost));
        expect(driven.records.map(fateOf)).toEqual(Array(5).fill(fate));
        expect(countOutcomes(driven.records)).toEqual({ ok: 5 });
      });
    });

    it('tells a handshake that is never answered, and that its SYN was sent again', async () => {
      await withPair(async ({ near, far, farAddress }) => {
        const at = { host: farAddress, port: 8080 };
        await far.loadRules(treatSyns('drop', at.port));
        const arm = armTo(at, { handshakeTimeoutUs: 1_500_000 });
        const driven = await driveChild(inside(near), engine, { arms: [arm], starts: times(3) });
        expect(driven.faults).toEqual([]);
        expect(countOutcomes(driven.records)).toEqual({ 'handshake-timeout': 3 });
        expect(driven.records.map(({ synRetransmits }) => synRetransmits)).toEqual([1, 1, 1]);
        expect(driven.records.map(fateOf)).toEqual(['frozen', 'frozen', 'frozen']);
        for (const record of driven.records) {
          expect(record).toMatchObject({ phase: 'handshake', cause: 'timeout', rttUs: -1, mss: -1 });
          expect(record.endedAtUs - record.startedAtUs).toBeGreaterThanOrEqual(1_500_000);
        }
      });
    });

    it("takes the system's own timeout for one, too", async () => {
      await withPair(async ({ near, far, farAddress }) => {
        const at = { host: farAddress, port: 8080 };
        await far.loadRules(treatSyns('drop', at.port));
        await near.run('sysctl', '-qw', 'net.ipv4.tcp_syn_linear_timeouts=0');
        const arm = armTo(at, { socket: { synCount: 1 } });
        const driven = await driveChild(inside(near), engine, { arms: [arm], starts: times(1) });
        expect(driven.faults).toEqual([]);
        expect(driven.records[0]).toMatchObject({
          phase: 'handshake',
          cause: 'errno',
          errno: errno.ETIMEDOUT,
        });
        expect(countOutcomes(driven.records)).toEqual({ 'handshake-timeout': 1 });
      });
    });

    it('gives up handshakes in flight', async () => {
      await withPair(async ({ near, far, farAddress }) => {
        const at = { host: farAddress, port: 8080 };
        await far.loadRules(treatSyns('drop', at.port));
        const plan = { arms: [armTo(at)], starts: times(10), abortAfterMs: 1_300 };
        const driven = await driveChild(inside(near), engine, plan);
        expect(driven.faults).toEqual([]);
        expect(countOutcomes(driven.records)).toEqual({ abandoned: 10 });
        expect(driven.records.map(fateOf)).toEqual(Array(10).fill('unresolved'));
      });
    });

    it.each([
      ['an unreachable host', 'reject with icmp type host-unreachable'],
      ['an unreachable network', 'reject with icmp type net-unreachable'],
      ['a prohibition', 'reject with icmp type admin-prohibited'],
    ])('tells an ICMP message of %s', async (_what, verdict) => {
      await withPair(async ({ near, far, farAddress }) => {
        const at = { host: farAddress, port: 8080 };
        await far.loadRules(treatSyns(verdict, at.port));
        const driven = await driveChild(inside(near), engine, { arms: [armTo(at)], starts: times(3) });
        expect(driven.faults).toEqual([]);
        expect(countOutcomes(driven.records)).toEqual({ 'handshake-unreachable': 3 });
      });
    });

    it('tells a reset by a firewall from an ICMP message: it is a refusal', async () => {
      await withPair(async ({ near, far, farAddress }) => {
        const { origin } = await far.startFarEnd(farAddress);
        await far.loadRules(treatSyns('reject with tcp reset', origin.port));
        const driven = await driveChild(inside(near), engine, { arms: [armTo(origin)], starts: times(3) });
        expect(driven.faults).toEqual([]);
        expect(countOutcomes(driven.records)).toEqual({ 'handshake-refused': 3 });
      });
    });

    it('reaches an IPv6 far end, with the DSCP that the arm asks for', async () => {
      await withPair(async ({ near, far, farAddress6 }) => {
        const { origin } = await far.startFarEnd(farAddress6);
        // Expedited forwarding, 46 (RFC 3246): the octet is 46 << 2.
        await far.loadRules(treatSyns('ip6 dscp != ef drop', origin.port));
        const arm = armTo(origin, { socket: { tos: 46 << 2 } });
        const driven = await driveChild(inside(near), engine, { arms: [arm], starts: times(3) });
        expect(driven.faults).toEqual([]);
        expect(driven.records.map(({ synRetransmits }) => synRetransmits)).toEqual([0, 0, 0]);
        expect(countOutcomes(driven.records)).toEqual({ ok: 3 });
      });
    });

    it('tells an address without a route, before any SYN', async () => {
      await withNamespace(async (alone) => {
        const arm = bareArmTo({ host: '192.0.2.1', port: 80 });
        const driven = await driveChild(inside(alone), engine, { arms: [arm], starts: times(3) });
        expect(driven.faults).toEqual([]);
        expect(driven.records[0]).toMatchObject({ phase: 'start', cause: 'errno', errno: errno.ENETUNREACH });
        expect(countOutcomes(driven.records)).toEqual({ 'local-no-route': 3 });
      });
    });

    it.each([
      ['of the system', -1],
      ['of one source address', 0],
    ])('tells when the local ports %s are used up, and that nothing was sent', async (_whose, source) => {
      await withNamespace(async (alone) => {
        // The far end first: its own ports must not come out of the ten.
        const { origin } = await alone.startFarEnd('127.0.0.1');
        await alone.run('sysctl', '-qw', 'net.ipv4.ip_local_port_range=10000 10009');
        const arm = bareArmTo(origin, { sources: ['127.0.0.2'], holdUs: 800_000 });
        const starts = times(30).map(() => ({ source }));
        const driven = await driveChild(inside(alone), engine, { arms: [arm], starts });
        expect(driven.faults).toEqual([]);
        expect(countOutcomes(driven.records)).toEqual({ ok: 10, 'local-port-exhausted': 20 });
        const unsent = driven.records.filter((record) => outcomeOf(record) !== 'ok');
        expect(
          unsent.every(({ phase, establishedAtUs }) => phase === 'start' && establishedAtUs === -1),
        ).toBe(true);
      });
    });
  });
});
