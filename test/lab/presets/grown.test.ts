import { expect, it } from 'vitest';
import { EnvironmentError } from '../../../src/errors.ts';
import { ADDRESSES, PORTS } from '../../../src/lab/addresses.ts';
import type { Lab } from '../../../src/lab/lab.ts';
import { definePreset } from '../../../src/lab/preset.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';
import {
  type Attempt,
  attempt,
  countOf,
  isAnswered,
  isStalled,
  readCounter,
  withLab,
  withSwitchedLab,
} from './in-lab.ts';

function times(count: number, what: Attempt = {}): Attempt[] {
  return Array.from({ length: count }, () => what);
}

/** As ss(8) shows them at the far side: address and port from which each connection came. */
async function peersOf(lab: Lab): Promise<{ readonly address: string; readonly port: number }[]> {
  const listed = await lab.far.run('ss', '-Htn', 'state', 'established', 'sport', '=', `:${PORTS.origin}`);
  return [...listed.matchAll(/(\d+\.\d+\.\d+\.\d+):(\d+)\s*$/gm)].map(([, address, port]) => ({
    address: address!,
    port: Number(port),
  }));
}

it('a preset whose kernel module is missing says which', async () => {
  const preset = definePreset({
    ...{ name: 'odd', symptom: 'none that anybody has seen', mimics: 'nothing at all that exists' },
    ...{ parameters: {}, causes: [], needs: 'nft_odd' },
    apply: () => Promise.reject(new EnvironmentError('nft -f - failed: No such file or directory')),
  });
  await expect(preset.configure([]).apply(undefined as never)).rejects.toMatchObject({
    ...{ exitCode: 5, message: expect.stringContaining('nft -f - failed') },
    hint: expect.stringContaining('modprobe nft_odd'),
  });
});

suiteNeeding('a firewall that is switched', ['linux', 'root', 'netns', 'ip', 'nft'], () => {
  const inLab = withSwitchedLab('healthy:clients=30');

  it.each([
    ['admin-prohibited', 'EHOSTUNREACH'],
    ['net-unreachable', 'ENETUNREACH'],
    ['port-unreachable', 'ECONNREFUSED'],
  ])('icmp-reject (%s) answers a few SYNs, and leaves most of a burst unanswered', async (kind, errno) => {
    await inLab(`icmp-reject:${kind},clients=30`, async (lab) => {
      // A client of its own for each kind: the limit is one of addresses.
      const client = errno.length;
      const fates = await attempt(lab, times(40, { client, toPort: PORTS.secondOrigin, giveUpMs: 600 }));
      expect(countOf(await attempt(lab, times(3)), isAnswered)).toBe(3);
      const told = countOf(fates, ({ end }) => end === errno);
      expect(told).toBeGreaterThanOrEqual(1);
      expect(told).toBeLessThanOrEqual(12);
      expect(countOf(fates, ({ end }) => end === 'gave-up')).toBe(40 - told);
    });
  });

  it('synproxy answers for closed ports as well, and passes on what is open', async () => {
    await inLab('synproxy:clients=30', async (lab) => {
      const [closed, ...open] = await attempt(lab, [{ toPort: PORTS.closed }, ...times(5)]);
      // The server's RST follows the handshake at once; a SYN that is refused ends in ECONNREFUSED.
      expect([closed!.end, closed!.bytes]).toEqual(['ECONNRESET', 0]);
      expect(countOf(open, isAnswered)).toBe(5);
    });
  });

  it.each([
    ['persistent', true],
    ['split', true],
    ['random', false],
  ])('two-addresses (%s) uses both, and keeps ports', async (pick, isByClient) => {
    await inLab(`two-addresses:pick=${pick},clients=30,timestamps=on`, async (lab) => {
      // One port per client, and a second one of each: what goes by the client sends both the same way.
      const first = 20_000 + pick.length * 100;
      const wanted = Array.from({ length: 30 }, (_, client) =>
        [first + client, first + 50 + client].map((port): Attempt => ({ client, port, send: '' })),
      ).flat();
      const running = attempt(lab, wanted);
      await expect.poll(() => peersOf(lab), { timeout: 20_000 }).toHaveLength(60);
      const peers = await peersOf(lab);
      await running;
      const addressOf = new Map(peers.map(({ address, port }) => [port, address]));
      expect([...addressOf.keys()].sort()).toEqual(wanted.map(({ port }) => port).sort());
      expect(new Set(addressOf.values())).toEqual(new Set(ADDRESSES.externalPair));
      const agree = Array.from({ length: 30 }, (_, client) => client).filter(
        (client) => addressOf.get(first + client) === addressOf.get(first + 50 + client),
      );
      if (isByClient) expect(agree).toHaveLength(30);
      else expect(agree.length).toBeLessThan(30);
    });
  });

  it('random-nat gives a connection a port that has nothing to do with its own', async () => {
    await inLab('random-nat:clients=30,timestamps=on', async (lab) => {
      const ports = Array.from({ length: 20 }, (_, index) => 24_000 + index);
      const running = attempt(
        lab,
        ports.map((port) => ({ port, send: '' })),
      );
      await expect.poll(() => peersOf(lab), { timeout: 20_000 }).toHaveLength(20);
      const kept = (await peersOf(lab)).filter(({ port }) => ports.includes(port));
      await running;
      expect(kept.length).toBeLessThanOrEqual(2);
    });
  });

  it('windows-drop drops what has neither timestamps nor a TTL below 65, and only that', async () => {
    await inLab('windows-drop:clients=30', async (lab) => {
      const as = async (ttl: number, stamps: number): Promise<number> => {
        await lab.client.setSysctls({ 'net.ipv4.ip_default_ttl': ttl, 'net.ipv4.tcp_timestamps': stamps });
        return countOf(await attempt(lab, times(5, { giveUpMs: 950 })), isStalled);
      };
      expect([await as(128, 0), await as(128, 1), await as(64, 0)]).toEqual([5, 0, 0]);
      await lab.client.setSysctls({ 'net.ipv4.tcp_timestamps': 1 });
    });
  });
});

suiteNeeding('a far side that is not always there', ['linux', 'root', 'netns', 'ip', 'nft'], () => {
  it('proxy-restart closes and refuses for a time, and is back', async () => {
    await withLab('proxy-restart:every=2s,away=500ms', async (lab) => {
      const idle = times(5, { send: '', giveUpMs: 4_000 });
      const tries = Array.from({ length: 100 }, (_, index): Attempt => ({ atMs: index * 40 }));
      const fates = await attempt(lab, [...idle, ...tries]);
      expect(fates.slice(0, 5).map(({ end }) => end)).toEqual(Array(5).fill('closed'));
      const refused = countOf(fates.slice(5), ({ end }) => end === 'ECONNREFUSED');
      expect(refused).toBeGreaterThanOrEqual(5);
      expect(countOf(fates.slice(5), isAnswered)).toBeGreaterThanOrEqual(50);
      expect(countOf(fates, isStalled) - refused).toBe(0);
    });
  });

  it('accept-queue-one takes few at once, counts the rest, and serves those that come one by one', async () => {
    await withLab('accept-queue-one:every=500ms', async (lab) => {
      const burst = await attempt(lab, times(20, { giveUpMs: 950 }));
      expect(countOf(burst, isStalled)).toBeGreaterThan(10);
      expect(await readCounter(lab, 'far', 'TcpExt', 'ListenOverflows')).toBeGreaterThan(10);
      const slow = await attempt(lab, [{ atMs: 1_500 }, { atMs: 3_500 }]);
      expect(countOf(slow, isStalled)).toBe(0);
    });
  });

  it.each([
    ['silent', 'gave-up'],
    ['gone', 'EHOSTUNREACH'],
  ])('dead-address (%s): one address ends in %s, the other is well', async (how, end) => {
    await withLab(`dead-address:${how}`, async (lab) => {
      const dead = times(5, { toHost: ADDRESSES.dead, giveUpMs: 4_500 });
      const fates = await attempt(lab, [...dead, ...times(5)]);
      expect(new Set(fates.slice(0, 5).map((fate) => fate.end))).toEqual(new Set([end]));
      expect(countOf(fates.slice(5), isAnswered)).toBe(5);
    });
  });

  it('long-path has each SYN sent again, though nothing is lost', async () => {
    await withLab('long-path:1200ms', async (lab) => {
      await attempt(lab, times(1, { giveUpMs: 6_000 }));
      const before = await readCounter(lab, 'client', 'TcpExt', 'TCPSynRetrans');
      const fates = await attempt(lab, times(10, { giveUpMs: 6_000 }));
      expect(countOf(fates, isAnswered)).toBe(10);
      for (const { connectMs } of fates) expect(connectMs).toBeGreaterThanOrEqual(1_195);
      expect((await readCounter(lab, 'client', 'TcpExt', 'TCPSynRetrans')) - before).toBeGreaterThanOrEqual(
        10,
      );
    });
  });
});

suiteNeeding('clients that make trouble themselves', ['linux', 'root', 'netns', 'ip', 'nft'], () => {
  it('ecn-drop makes those that ask for ECN wait a second, and no other', async () => {
    await withLab('ecn-drop:ecn=on', async (lab) => {
      const fates = await attempt(lab, times(5, { giveUpMs: 5_000 }));
      expect([countOf(fates, isStalled), countOf(fates, isAnswered)]).toEqual([5, 5]);
      await lab.client.setSysctls({ 'net.ipv4.tcp_ecn': 2 });
      expect(countOf(await attempt(lab, times(5)), isStalled)).toBe(0);
    });
  });

  it('probe-drops (output) loses SYNs before the firewall sees them', async () => {
    await withLab('probe-drops:output,share=50%', async (lab) => {
      await lab.firewall.loadRules(
        'table ip seen {\ncounter syns {\n}\nchain in {\ntype filter hook prerouting priority raw;\ntcp flags & (syn|ack) == syn counter name syns\n}\n}\n',
      );
      const fates = await attempt(lab, times(40, { giveUpMs: 950 }));
      const stalled = countOf(fates, isStalled);
      expect(stalled).toBeGreaterThanOrEqual(5);
      const seen = /packets (\d+)/.exec(
        await lab.firewall.run('nft', 'list', 'counter', 'ip', 'seen', 'syns'),
      );
      expect(Number(seen![1])).toBe(40 - stalled);
    });
  });

  it('probe-drops (queue) loses them in a queue that counts them', async () => {
    await withLab('probe-drops:queue,kbit=8', async (lab) => {
      const fates = await attempt(lab, times(40, { giveUpMs: 950 }));
      // Linux tries again every half second what its own queue dropped.
      expect(countOf(fates, ({ connectMs }) => connectMs === null || connectMs > 450)).toBeGreaterThanOrEqual(
        5,
      );
      const [, dropped] = /dropped (\d+)/.exec(
        await lab.client.run('tc', '-s', 'qdisc', 'show', 'dev', 'eth0'),
      )!;
      expect(Number(dropped)).toBeGreaterThanOrEqual(5);
    });
  });
});
