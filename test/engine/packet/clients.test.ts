import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { CLIENT_NAMES, CLIENTS, type ClientName } from '../../../src/client/registry.ts';
import { resolveClient } from '../../../src/client/resolve.ts';
import type { ClientProfile } from '../../../src/client/types.ts';
import { createPacketEngine } from '../../../src/engine/packet/engine.ts';
import type { AttemptRecord, EngineArm } from '../../../src/engine/types.ts';
import { OS, readByP0f, SIGNATURES } from '../../client/read-by-p0f.ts';
import { bareArmTo } from '../../support/arms.ts';
import { drive, type Start } from '../../support/drive.mjs';
import { useOwnNetwork } from '../../support/own-network.ts';
import { packetsOnLoopback } from '../../support/packets.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';

const HOST = '127.0.0.2';

/** Nothing that is sent here arrives: whatever captures has seen it by then. */
const SILENCE = `
  table netdev silence {
    chain ingress { type filter hook ingress device "lo" priority 0; ip protocol tcp drop; }
  }
`;

function armOf(port: number, client: ClientProfile, changes: Partial<EngineArm> = {}): EngineArm {
  const arm = bareArmTo({ host: HOST, port }, { handshakeTimeoutUs: 3_000_000, ...changes });
  return { ...arm, packets: packetsOnLoopback(arm, client) };
}

/** Drives an engine while tcpdump waits for so many SYNs. */
async function capture<T>(
  plan: { readonly arms: readonly EngineArm[]; readonly starts: readonly Start[]; readonly syns: number },
  read: (file: string, records: readonly AttemptRecord[]) => T,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'rushhour-clients-'));
  try {
    const file = join(folder, 'lo.pcap');
    const flags = ['-Z', 'root', '-i', 'lo', '--immediate-mode', '-c', String(plan.syns), '-w', file];
    const tcpdump = spawn('timeout', ['20', 'tcpdump', ...flags, SYNS], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const closed = once(tcpdump, 'close');
    await once(tcpdump.stderr!, 'data');
    const { records, faults } = await drive(createPacketEngine, plan);
    expect(faults).toEqual([]);
    await closed;
    return read(file, records);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const SYNS = 'tcp[13] & 2 != 0';

interface Syn {
  readonly atUs: number;
  readonly text: string;
  readonly flags: string;
  readonly seq: string;
}

function readSyns(file: string): Syn[] {
  const text = execFileSync('tcpdump', ['-r', file, '-tt', '-nn', '-S'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  }).toString();
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [, sec = '', flags = '', seq = ''] = /^(\S+) .*Flags \[([^\]]*)\], seq (\d+)/.exec(line) ?? [];
      return { atUs: Math.round(Number(sec) * 1_000_000), text: line, flags, seq };
    });
}

suiteNeeding(
  'clients played by packets',
  ['linux', 'netns', 'ip', 'nft', 'tcpdump', 'p0f', 'npm:koffi'],
  () => {
    useOwnNetwork();
    beforeAll(() => {
      execFileSync('nft', ['-f', '-'], { input: SILENCE });
    });

    it('are on the wire what p0f knows of them', async () => {
      const arms = CLIENT_NAMES.map((name, index) =>
        armOf(8_000 + index, CLIENTS[name], { handshakeTimeoutUs: 200_000 }),
      );
      const plan = { arms, starts: arms.map((_, arm) => ({ arm })), syns: arms.length };
      const readings = await capture(plan, (file) => readByP0f(file));
      const byName = (of: 'os' | 'signature') =>
        Object.fromEntries(
          readings.map((reading) => [CLIENT_NAMES[reading.serverPort - 8_000], reading[of]]),
        ) as Record<ClientName, string>;
      expect(byName('os')).toEqual(OS);
      expect(byName('signature')).toEqual(SIGNATURES);
    });

    it('send a SYN more than they have waits, no sooner than those say, and then give up', async () => {
      const client = resolveClient('windows-11', { synWaitsUs: [400_000, 800_000, 300_000] });
      const plan = { arms: [armOf(8_080, client)], starts: [{}], syns: 4 };
      const [syns, records] = await capture(plan, (file, all) => [readSyns(file), all] as const);
      const gaps = syns.slice(1).map(({ atUs }, index) => atUs - syns[index]!.atUs);
      // A packet is stamped some milliseconds after it was handed over, on a busy machine some tens.
      expect(gaps.map((gapUs, index) => gapUs > 0.9 * client.synWaitsUs[index]!)).toEqual([true, true, true]);
      expect(new Set(syns.map(({ seq }) => seq)).size).toBe(1);
      expect(records[0]).toMatchObject({
        cause: 'errno',
        errno: constants.errno.ETIMEDOUT,
        synRetransmits: 3,
      });
    });

    it('ask for ECN and Fast Open in the SYNs that may, and not in those after', async () => {
      const synWaitsUs = [30_000, 30_000];
      const arms = [
        armOf(8_081, resolveClient('linux-6', { ecn: 'ecn', fastOpen: true, synWaitsUs })),
        armOf(8_082, resolveClient('linux-6', { ecn: 'accecn', synWaitsUs })),
      ];
      const syns = await capture({ arms, starts: [{ arm: 0 }, { arm: 1 }], syns: 6 }, readSyns);
      const of = (port: number) => syns.filter(({ text }) => text.includes(`> ${HOST}.${port}:`));
      expect(of(8_081).map(({ flags }) => flags)).toEqual(['SEW', 'S', 'S']);
      expect(of(8_081).map(({ text }) => text.includes('tfo'))).toEqual([true, false, false]);
      // Some versions of tcpdump call the ninth flag "e", others by no name.
      expect(of(8_082).map(({ flags }) => flags.replace('e', ''))).toEqual(['SEW', 'SEW', 'S']);
    });

    it.each([
      ['repeat', (steps: readonly number[]) => steps.every((step) => step === 0)],
      ['clock', (steps: readonly number[]) => steps.every((step) => step > 0)],
      ['rfc6528', (steps: readonly number[]) => steps.every((step) => step > 0)],
    ] as const)('number a tuple that is used again by %s', async (isn, isSo) => {
      const arm = armOf(8_083, resolveClient('linux-6', { isn }), { handshakeTimeoutUs: 20_000 });
      const again = { sourcePort: 30_000 };
      const plan = { arms: [arm], starts: [again, again, again], concurrency: 1, syns: 3 };
      const numbers = (await capture(plan, readSyns)).map(({ seq }) => Number(seq));
      expect(numbers).toHaveLength(3);
      const steps = numbers.slice(1).map((number, index) => (number - numbers[index]!) | 0);
      expect([steps, isSo(steps)]).toEqual([steps, true]);
    });
  },
);
