import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { joinSides } from '../../src/evidence/far/join.ts';
import { readCaptureFiles } from '../../src/evidence/pcap/read-files.ts';
import type { CaptureReport } from '../../src/evidence/pcap/types.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { makeWorkplace } from '../e2e/rushhour.ts';
import { makeRouted, type Routed } from '../support/namespaces.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { startTcpdump } from '../support/tcpdump.ts';
import { type Attempt, attempt, countOf, isAnswered, withLab } from './presets/in-lab.ts';

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'rushhour-captures-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const read = (path: string): Promise<CaptureReport> =>
  readCaptureFiles([{ path, shown: path }], { nowSec: Date.now() / 1_000 });

/** Captures on both sides of a lab's firewall while something happens. */
async function captured(
  lab: Lab,
  what: () => Promise<void>,
): Promise<{ near: CaptureReport; far: CaptureReport }> {
  const dumps = await Promise.all(
    (['client', 'far'] as const).map((side) =>
      startTcpdump((argv) => lab[side].enter(argv), join(dir, `${lab.file.state.id}-${side}.pcap`)),
    ),
  );
  await what();
  for (const dump of dumps) await dump.stop();
  const [near, far] = await Promise.all(dumps.map(({ path }) => read(path)));
  return { near: near!, far: far! };
}

const times = (count: number, what: Attempt): Attempt[] =>
  Array.from({ length: count }, (_, index) => ({ atMs: index * 20, ...what }));

suiteNeeding('captures of what firewalls do', ['linux', 'root', 'netns', 'ip', 'nft', 'tcpdump'], () => {
  it('an EF policer: handshakes are whole, requests go again and again, and none arrives', async () => {
    await withLab('ef-policer', async (lab) => {
      await lab.client.loadRules(
        'table ip dscp_ef {\nchain out {\ntype route hook output priority mangle;\nip protocol tcp ip dscp set ef\n}\n}\n',
      );
      const request = `GET /${'x'.repeat(80)} HTTP/1.1\r\nHost: far\r\n\r\n`;
      const { near, far } = await captured(lab, async () => {
        await attempt(lab, times(10, { send: request }));
      });
      for (const side of [near, far])
        expect(side).toMatchObject({ handshakes: 10, established: 10, unanswered: 0, stalled: { count: 0 } });
      expect(near.retransmissions.fromClients).toBeGreaterThanOrEqual(10);
      expect([near.firstByteUs.count, far.firstByteUs.count, far.retransmissions.fromClients]).toEqual([
        0, 0, 0,
      ]);
    });
  });

  it('a filter that lets requests pass after five seconds: handshakes are quick, and no first byte comes earlier', async () => {
    await withLab('fail-open-5s:share=100%', async (lab) => {
      const { near } = await captured(lab, async () => {
        expect(countOf(await attempt(lab, times(12, { giveUpMs: 8_000 })), isAnswered)).toBe(12);
      });
      expect(near.stalled.count).toBe(0);
      // How close to five seconds depends on how busy this machine is; that none comes earlier does not.
      expect([near.firstByteUs.count, near.gapUs.count]).toEqual([12, 12]);
      expect(near.firstByteUs.min).toBeGreaterThanOrEqual(4.99e6);
      expect(near.gapUs.min).toBeGreaterThanOrEqual(4.99e6);
      expect(near.handshakeUs.p50).toBeLessThan(near.firstByteUs.p50 - 4e6);
    });
  });

  it('connections cut at an age: all reset, none silent for less', async () => {
    await withLab('idle-cut:2s', async (lab) => {
      const { near } = await captured(lab, async () => {
        await attempt(lab, times(12, { send: '', giveUpMs: 4_000 }));
      });
      expect(near.ends).toMatchObject({ reset: 12 });
      expect(near.gapUs.count).toBe(12);
      expect(near.gapUs.min).toBeGreaterThanOrEqual(1.99e6);
    });
  });
});

/** The far side refuses, and the firewall makes a SYN-ACK of its RST. */
const RST_TO_SYN_ACK = `
  table ip lie {
    chain forward {
      type filter hook forward priority 0;
      ip saddr 10.78.0.2 tcp flags & (rst|ack) == rst|ack tcp flags set syn|ack
    }
  }
`;

/** The firewall answers for the far side, and asks that only then. */
const SYN_PROXY = `
  table ip lie {
    chain raw {
      type filter hook prerouting priority raw;
      iifname near tcp flags syn notrack
    }
    chain forward {
      type filter hook forward priority 0;
      ct state invalid,untracked synproxy mss 1460 wscale 7 timestamp sack-perm
      ct state invalid drop
    }
  }
`;

suiteNeeding(
  'firewalls that answer themselves',
  ['linux', 'root', 'netns', 'ip', 'nft', 'tcpdump', 'npm:koffi'],
  () => {
    let routed: Routed & { remove(): Promise<void> };
    const place = makeWorkplace();
    beforeAll(async () => {
      routed = await makeRouted();
    });
    afterAll(async () => {
      await routed.remove();
      await place.clean();
    });

    /** A run through the firewall, joined with what tcpdump sees at the far end. */
    async function joined(rules: string, name: string, args: readonly string[]) {
      const { near, router, far } = routed;
      await router.dropRules();
      await router.loadRules(rules);
      // A SYN proxy goes by what it has not tracked.
      if (rules.includes('synproxy'))
        await router.run('sysctl', '-qw', 'net.netfilter.nf_conntrack_tcp_loose=0');
      const dump = await startTcpdump(
        (argv) => ['ip', 'netns', 'exec', far.name, ...argv],
        join(dir, `${name}.pcap`),
      );
      const { run } = await place.measure([...args, '--capture', 'on'], ['ip', 'netns', 'exec', near.name]);
      await dump.stop();
      return joinSides(join(place.results, run.id), {
        ...{ far: [[{ path: dump.path, shown: name }]], nowMs: Date.now() },
      });
    }

    it('an RST turned into a SYN-ACK', async () => {
      const { attempts, summary } = await joined(RST_TO_SYN_ACK, 'lie', [
        ...['run', 'closed-port', '--target', 'tcp://10.78.0.2:9', '--no-look'],
        ...['--set', 'arms.probe.load.0.hold.for=3s'],
      ]);
      expect(attempts.length).toBeGreaterThanOrEqual(3);
      expect(new Set(attempts.map(({ fate }) => fate))).toEqual(new Set(['answered-by-another']));
      expect(summary.synAcksInvented).toBe(attempts.length);
      for (const { syns } of attempts)
        expect([syns[0]!.answered[0], syns[0]!.returned[0]]).toEqual(['rst', 'syn-ack']);
    });

    it('a SYN that is answered before it arrives', async () => {
      const { origin } = await routed.far.startFarEnd('10.78.0.2');
      const url = `http://10.78.0.2:${origin.port}/`;
      const { attempts, summary } = await joined(SYN_PROXY, 'proxied', ['hit', url, '-n', '12', '-c', '1']);
      expect(attempts.length).toBeGreaterThan(0);
      expect(new Set(attempts.map(({ fate }) => fate))).toEqual(new Set(['answered-by-another']));
      expect(summary.synAcksInvented).toBe(attempts.length);
    });
  },
);
