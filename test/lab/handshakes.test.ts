import { constants } from 'node:os';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AttemptRecord } from '../../src/engine/types.ts';
import { DEFAULT_STALL_AFTER_US, judgeHandshake } from '../../src/outcome/stall.ts';
import type { HostPort } from '../../src/scenario/types.ts';
import { times } from '../contract/attempts.ts';
import { armTo, bareArmTo, countOutcomes, outcomeOf, requestOf } from '../support/arms.ts';
import { type Driver, startDriver } from '../support/drive-child.ts';
import { SOCKET_ENGINES } from '../support/engines.ts';
import { makeNamespace, makePair, type Namespace, type Pair } from '../support/namespaces.ts';
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
    pathUs: record.minRttUs,
  };
  return judgeHandshake(facts, DEFAULT_STALL_AFTER_US);
}

/** Of the namespace that stands alone, ten for each test that uses them up: those of another may be in TIME_WAIT. */
let firstLocalPort = 10_000;

suiteNeeding('handshakes across a cable', ['linux', 'root', 'netns', 'ip', 'nft'], () => {
  // All share what takes longest to make: namespaces, and processes in them. Rules and settings are each test's own.
  const undo: (() => Promise<void>)[] = [];
  let pair: Pair;
  let origin: HostPort;
  let origin6: HostPort;
  let anywhere: HostPort;
  let near: Driver;
  let alone: Namespace;
  let aloneOrigin: HostPort;
  let inAlone: Driver;

  beforeAll(async () => {
    const made = await makePair();
    undo.push(made.remove);
    pair = made.pair;
    const single = await makeNamespace();
    undo.push(single.remove);
    alone = single.namespace;
    const { far, farAddress, farAddress6 } = pair;
    // Before any test narrows the range of local ports: that of the far end must not come out of it.
    const farEnds = [
      far.startFarEnd(farAddress),
      far.startFarEnd(farAddress6),
      alone.startFarEnd('127.0.0.1'),
    ];
    [origin, origin6, aloneOrigin] = (await Promise.all(farEnds)).map((farEnd) => farEnd.origin) as [
      HostPort,
      HostPort,
      HostPort,
    ];
    // Without duplicate address detection, which takes seconds.
    await far.run('ip', 'addr', 'add', 'fe80::77/64', 'dev', 'cable', 'nodad');
    await pair.near.run('ip', 'addr', 'add', 'fe80::78/64', 'dev', 'cable', 'nodad');
    anywhere = (await far.startFarEnd('::')).origin;
    near = startDriver(inside(pair.near));
    undo.push(near.end);
    inAlone = startDriver(inside(alone));
    undo.push(inAlone.end);
  });
  afterEach(() => pair.far.dropRules());
  afterAll(async () => {
    for (const step of undo.reverse()) await step();
  });

  describe.each(SOCKET_ENGINES)('%s engine', (engine) => {
    it.each([
      [0, 'prompt'],
      [1, 'recovered'],
      [2, 'recovered'],
    ])('counts exactly %i SYN retransmissions where as many SYNs are lost: %s', async (lost, fate) => {
      await pair.far.loadRules(loseSyns(lost, origin.port));
      const driven = await near.drive(engine, { arms: [armTo(origin)], starts: times(5) });
      expect(driven.faults).toEqual([]);
      expect(driven.records.map(({ synRetransmits }) => synRetransmits)).toEqual(Array(5).fill(lost));
      expect(driven.records.map(fateOf)).toEqual(Array(5).fill(fate));
      expect(countOutcomes(driven.records)).toEqual({ ok: 5 });
    });

    it('tells on how many connections the request was sent again after the handshake', async () => {
      await pair.far.loadRules(losingFirstData(origin.port, 'numgen inc mod 2 == 0'));
      const driven = await near.drive(engine, { arms: [armTo(origin)], starts: times(6), concurrency: 1 });
      expect(driven.faults).toEqual([]);
      expect(countOutcomes(driven.records)).toEqual({ ok: 6 });
      expect(driven.records.map(({ synRetransmits }) => synRetransmits)).toEqual(Array(6).fill(0));
      const resent = driven.records.map(({ requestRetransmits }) => requestRetransmits).sort();
      expect(resent).toEqual([0, 0, 0, 1, 1, 1]);
    });

    it('tells it of a request of several segments, which acknowledgements have sent again at once', async () => {
      await pair.far.loadRules(losingFirstData(origin.port, ''));
      const request = requestOf(`GET / HTTP/1.1\r\nHost: peer\r\nX-Padding: ${'x'.repeat(6_000)}\r\n\r\n`);
      const driven = await near.drive(engine, { arms: [armTo(origin, { request })], starts: times(3) });
      expect(driven.faults).toEqual([]);
      expect(countOutcomes(driven.records)).toEqual({ ok: 3 });
      for (const { requestRetransmits } of driven.records) expect(requestRetransmits).toBeGreaterThan(0);
    });

    it('tells it of a request that nothing ever acknowledges', async () => {
      await pair.far.loadRules(`table inet deaf {
        chain input { type filter hook input priority 0; tcp dport ${origin.port} meta length > 80 drop; }
      }`);
      const arm = armTo(origin, { responseTimeoutUs: 700_000 });
      const driven = await near.drive(engine, { arms: [arm], starts: times(2) });
      expect(driven.faults).toEqual([]);
      expect(countOutcomes(driven.records)).toEqual({ 'response-timeout': 2 });
      for (const { requestRetransmits } of driven.records) expect(requestRetransmits).toBeGreaterThan(0);
    });

    it('tells a handshake that is never answered, and that its SYN was sent again', async () => {
      const at = { host: pair.farAddress, port: 8080 };
      await pair.far.loadRules(treatSyns('drop', at.port));
      const arm = armTo(at, { handshakeTimeoutUs: 1_500_000 });
      const driven = await near.drive(engine, { arms: [arm], starts: times(3) });
      expect(driven.faults).toEqual([]);
      expect(countOutcomes(driven.records)).toEqual({ 'handshake-timeout': 3 });
      expect(driven.records.map(({ synRetransmits }) => synRetransmits)).toEqual([1, 1, 1]);
      expect(driven.records.map(fateOf)).toEqual(['frozen', 'frozen', 'frozen']);
      for (const record of driven.records) {
        expect(record).toMatchObject({ phase: 'handshake', cause: 'timeout', rttUs: -1, mss: -1 });
        expect(record.endedAtUs - record.startedAtUs).toBeGreaterThanOrEqual(1_500_000);
      }
    });

    it("takes the system's own timeout for one, too", async () => {
      const at = { host: pair.farAddress, port: 8080 };
      await pair.far.loadRules(treatSyns('drop', at.port));
      const restore = await changeSysctl(pair.near, 'net.ipv4.tcp_syn_linear_timeouts', '0');
      try {
        const arm = armTo(at, { socket: { synCount: 1 } });
        const driven = await near.drive(engine, { arms: [arm], starts: times(1) });
        expect(driven.faults).toEqual([]);
        expect(driven.records[0]).toMatchObject({
          phase: 'handshake',
          cause: 'errno',
          errno: errno.ETIMEDOUT,
        });
        expect(countOutcomes(driven.records)).toEqual({ 'handshake-timeout': 1 });
      } finally {
        await restore();
      }
    });

    it('gives up handshakes in flight', async () => {
      const at = { host: pair.farAddress, port: 8080 };
      await pair.far.loadRules(treatSyns('drop', at.port));
      const plan = { arms: [armTo(at)], starts: times(10), abortAfterMs: 1_300 };
      const driven = await near.drive(engine, plan);
      expect(driven.faults).toEqual([]);
      expect(countOutcomes(driven.records)).toEqual({ abandoned: 10 });
      expect(driven.records.map(fateOf)).toEqual(Array(10).fill('unresolved'));
    });

    it.each([
      // What nft takes where no kind is named.
      ['a closed port', 'reject', 'ICMP port-unreachable (3/3)'],
      ['an unreachable host', 'reject with icmp type host-unreachable', 'ICMP host-unreachable (3/1)'],
      ['an unreachable network', 'reject with icmp type net-unreachable', 'ICMP net-unreachable (3/0)'],
      ['a prohibition', 'reject with icmp type admin-prohibited', 'ICMP admin-prohibited (3/13)'],
    ])('tells an ICMP message of %s, and who sent it: no refusal by the host', async (_what, verdict, told) => {
      const at = { host: pair.farAddress, port: 8080 };
      await pair.far.loadRules(treatSyns(verdict, at.port));
      const driven = await near.drive(engine, { arms: [armTo(at)], starts: times(3) });
      expect(driven.faults).toEqual([]);
      expect(countOutcomes(driven.records)).toEqual({ 'handshake-unreachable': 3 });
      for (const record of driven.records) {
        expect(record.refusedBy).toBe(`${told} from ${pair.farAddress}`);
        expect(outcomeOf(record, { kind: 'refused' })).toBe('handshake-unreachable');
      }
    });

    it('tells ICMPv6 likewise', async () => {
      const at = { host: pair.farAddress6, port: 8080 };
      await pair.far.loadRules(treatSyns('reject', at.port));
      const driven = await near.drive(engine, { arms: [armTo(at)], starts: times(2) });
      expect(driven.faults).toEqual([]);
      expect(countOutcomes(driven.records)).toEqual({ 'handshake-unreachable': 2 });
      expect(driven.records.map(({ refusedBy }) => refusedBy)).toEqual(
        Array(2).fill(`ICMPv6 port-unreachable (1/4) from ${pair.farAddress6}`),
      );
    });

    it.each([
      ['a rule', 'reject', 'ICMP port-unreachable (3/3)'],
      ['a prohibition', 'reject with icmp type admin-prohibited', 'ICMP admin-prohibited (3/13)'],
    ])('tells what this machine itself rejects (%s): no SYN has left', async (_what, verdict, told) => {
      await pair.near.loadRules(`table inet own {
        chain output { type filter hook output priority 0; tcp dport ${origin.port} tcp flags & syn == syn ${verdict}; }
      }`);
      try {
        const driven = await near.drive(engine, { arms: [armTo(origin)], starts: times(3) });
        expect(driven.faults).toEqual([]);
        expect(countOutcomes(driven.records)).toEqual({ 'local-denied': 3 });
        for (const { refusedBy } of driven.records)
          expect(refusedBy).toBe(`${told} from ${pair.nearAddress}`);
      } finally {
        await pair.near.dropRules();
      }
    });

    it('tells a neighbour that does not answer, which this machine says itself, from a rule of its own', async () => {
      const arm = armTo({ host: '10.77.0.99', port: 80 });
      const driven = await near.drive(engine, { arms: [arm], starts: times(1) });
      expect(driven.faults).toEqual([]);
      expect(countOutcomes(driven.records)).toEqual({ 'handshake-unreachable': 1 });
    });

    it('tells a route that prohibits, before any SYN', async () => {
      await pair.near.run('ip', 'route', 'replace', 'prohibit', '10.77.0.98/32');
      const arm = armTo({ host: '10.77.0.98', port: 80 });
      const driven = await near.drive(engine, { arms: [arm], starts: times(3) });
      expect(driven.faults).toEqual([]);
      expect(driven.records[0]).toMatchObject({ phase: 'start', errno: errno.EACCES });
      expect(countOutcomes(driven.records)).toEqual({ 'local-denied': 3 });
    });

    it.each([
      ['ICMP', () => origin, 'icmp type host-unreachable'],
      ['ICMPv6', () => origin6, 'icmpv6 type addr-unreachable'],
    ])('goes on, as others do, where an %s message meets an established connection', async (_what, at, told) => {
      // The message meets the retransmission: during the first send the kernel would keep it to itself in any case.
      await pair.far.loadRules(`table inet once {
        chain input {
          type filter hook input priority 0;
          tcp dport ${at().port} tcp flags & psh == psh limit rate 1/hour burst 1 packets drop
          tcp dport ${at().port} tcp flags & psh == psh limit rate 1/hour burst 1 packets reject with ${told}
        }
      }`);
      const driven = await near.drive(engine, { arms: [armTo(at())], starts: times(1) });
      expect(driven.faults).toEqual([]);
      expect(countOutcomes(driven.records)).toEqual({ ok: 1 });
    });

    it('tells a reset by a firewall from an ICMP message: it is a refusal', async () => {
      await pair.far.loadRules(treatSyns('reject with tcp reset', origin.port));
      const driven = await near.drive(engine, { arms: [armTo(origin)], starts: times(3) });
      expect(driven.faults).toEqual([]);
      expect(countOutcomes(driven.records)).toEqual({ 'handshake-refused': 3 });
      expect(driven.records.map(({ refusedBy }) => refusedBy)).toEqual(['RST', 'RST', 'RST']);
    });

    it('reaches an IPv6 far end, with the DSCP that the arm asks for', async () => {
      // Expedited forwarding, 46 (RFC 3246): the octet is 46 << 2.
      await pair.far.loadRules(treatSyns('ip6 dscp != ef drop', origin6.port));
      const arm = armTo(origin6, { socket: { tos: 46 << 2 } });
      const driven = await near.drive(engine, { arms: [arm], starts: times(3) });
      expect(driven.faults).toEqual([]);
      expect(driven.records.map(({ synRetransmits }) => synRetransmits)).toEqual([0, 0, 0]);
      expect(countOutcomes(driven.records)).toEqual({ ok: 3 });
    });

    it('reaches a link-local address by its zone', async () => {
      const at = { host: 'fe80::77%cable', port: anywhere.port };
      const driven = await near.drive(engine, { arms: [armTo(at)], starts: times(3) });
      expect(driven.faults).toEqual([]);
      expect(countOutcomes(driven.records)).toEqual({ ok: 3 });
    });

    it('tells a machine without IPv6 from one that has no port left', async () => {
      const restore = await changeSysctl(alone, 'net.ipv6.conf.all.disable_ipv6', '1');
      try {
        const arm = bareArmTo({ host: 'fd77::2', port: 80 });
        const driven = await inAlone.drive(engine, { arms: [arm], starts: times(3) });
        expect(driven.faults).toEqual([]);
        expect(driven.records[0]).toMatchObject({
          phase: 'start',
          cause: 'errno',
          errno: errno.EADDRNOTAVAIL,
        });
        expect(countOutcomes(driven.records)).toEqual({ 'local-wrong-family': 3 });
      } finally {
        await restore();
      }
    });

    it('tells an address without a route, before any SYN', async () => {
      const arm = bareArmTo({ host: '192.0.2.1', port: 80 });
      const driven = await inAlone.drive(engine, { arms: [arm], starts: times(3) });
      expect(driven.faults).toEqual([]);
      expect(driven.records[0]).toMatchObject({ phase: 'start', cause: 'errno', errno: errno.ENETUNREACH });
      expect(countOutcomes(driven.records)).toEqual({ 'local-no-route': 3 });
    });

    it.each([
      ['of the system', -1],
      ['of one source address', 0],
    ])('tells when the local ports %s are used up, and that nothing was sent', async (_whose, source) => {
      const range = `${firstLocalPort} ${firstLocalPort + 9}`;
      firstLocalPort += 10;
      await alone.run('sysctl', '-qw', `net.ipv4.ip_local_port_range=${range}`);
      const arm = bareArmTo(aloneOrigin, { sources: ['127.0.0.2'], holdUs: 800_000 });
      const starts = times(30).map(() => ({ source }));
      const driven = await inAlone.drive(engine, { arms: [arm], starts });
      expect(driven.faults).toEqual([]);
      expect(countOutcomes(driven.records)).toEqual({ ok: 10, 'local-port-exhausted': 20 });
      const unsent = driven.records.filter((record) => outcomeOf(record) !== 'ok');
      expect(unsent.every(({ phase, establishedAtUs }) => phase === 'start' && establishedAtUs === -1)).toBe(
        true,
      );
    });
  });
});

/** Loses the first segment with data of each connection, or of those that a condition picks among them. */
const losingFirstData = (port: number, which: string): string => `table inet once {
  set seen { type inet_service; flags dynamic; size 65535; }
  chain input {
    type filter hook input priority 0;
    tcp dport ${port} meta length > 80 tcp sport != @seen add @seen { tcp sport } ${which} drop
  }
}`;

function inside(namespace: Namespace): [string, ...string[]] {
  return ['ip', 'netns', 'exec', namespace.name];
}

/** @returns what puts the former value back */
async function changeSysctl(namespace: Namespace, name: string, value: string): Promise<() => Promise<void>> {
  const before = (await namespace.run('sysctl', '-n', name)).trim();
  const set = async (to: string): Promise<void> => {
    await namespace.run('sysctl', '-qw', `${name}=${to}`);
  };
  await set(value);
  return () => set(before);
}
