import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Summary } from '../../src/analysis/types.ts';
import { joinSides } from '../../src/evidence/far/join.ts';
import type { HandshakeSeen } from '../../src/evidence/handshakes/types.ts';
import { FarCandidates } from '../../src/evidence/match/far-candidates.ts';
import { matchHandshakes } from '../../src/evidence/match/match.ts';
import { readHandshakes } from '../../src/evidence/match/match-files.ts';
import { removeLab } from '../../src/lab/down.ts';
import { Lab } from '../../src/lab/lab.ts';
import { readPreset } from '../../src/lab/presets/index.ts';
import { DROP_BARE_ACK } from '../../src/lab/timewait.ts';
import { bringUp } from '../../src/lab/up.ts';
import type { Evidence } from '../../src/metrics/evidence.ts';
import type { FarAttempt } from '../../src/metrics/far.ts';
import { readFar, readFarAttempts } from '../../src/store/far-files.ts';
import { readEvidence } from '../../src/store/read-evidence.ts';
import { makeWorkplace } from '../e2e/rushhour.ts';
import { collect } from '../store/runs.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { said, spoil, startTcpdump } from '../support/tcpdump.ts';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const TOKEN = 'token-of-both-sides';
const PEER = '10.20.0.2:7411';
/** Of the clock of the far side's capture, once it was written anew. */
const AHEAD_SEC = 3;

/** nat-recycle, small: each of 100 ports comes round on the next address after less than two seconds. */
const SMALL = [
  ...['stress.source.ports=20000-20099', 'stress.load.0.ramp.to=60/s', 'stress.load.1.hold.rate=60/s'],
  ...['stress.load.1.hold.for=6s', 'reset-control.load.1.hold.rate=4/s', 'reset-control.load.1.hold.for=6s'],
  ...['slow-control.load.1.hold.rate=2/s', 'slow-control.load.1.hold.for=6s'],
].flatMap((set) => ['--set', `arms.${set}`]);

/** A bare ACK that the firewall dropped on its way to a client, by nftables' own trace. */
interface Dropped {
  readonly to: string;
  readonly atMs: number;
}

/** Traces the packets that the preset's rule drops, and nothing else. */
async function traceDrops(lab: Lab): Promise<{ drops: Dropped[]; child: ChildProcess }> {
  const traced = DROP_BARE_ACK.replace(/drop$/, 'meta nftrace set 1');
  await lab.firewall.run('nft', 'insert', 'rule', 'ip', 'lab', 'forward', ...traced.split(' '));
  const [command, ...args] = lab.firewall.enter(['nft', 'monitor', 'trace']);
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const drops: Dropped[] = [];
  const going = new Map<string, string>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const id = /^trace id (\S+) /.exec(line)?.[1] ?? '';
    const [, address, port] = /ip daddr (\S+) .*tcp dport (\S+) /.exec(line) ?? [];
    if (address !== undefined) going.set(id, `${address}:${port}`);
    const to = going.get(id);
    if (/ rule .*verdict drop/.test(line) && to !== undefined) drops.push({ to, atMs: Date.now() });
  });
  return { drops, child };
}

suiteNeeding(
  'both sides of nat-recycle',
  ['linux', 'root', 'netns', 'ip', 'nft', 'tcpdump', 'npm:koffi'],
  () => {
    const place = makeWorkplace();
    const undo: (() => unknown)[] = [() => place.clean()];
    let summary: Summary;
    let dir: string;
    let startedAtMs: number;
    let drops: Dropped[];
    let attempts: FarAttempt[];
    const evidence = new Map<string, Evidence>();
    const captures = { near: join(place.dir, 'near.pcap'), far: join(place.dir, 'far.pcap') };

    beforeAll(async () => {
      const file = await bringUp(readPreset('timewait-1s'), { lifetime: 'with-owner' });
      undo.push(() => removeLab(file));
      const lab = new Lab(file);
      const traced = await traceDrops(lab);
      undo.push(() => void traced.child.kill());
      const dumps = await Promise.all([
        startTcpdump((argv) => lab.client.enter(argv), captures.near),
        startTcpdump((argv) => lab.far.enter(argv), captures.far),
      ]);
      const token = `RUSHHOUR_PEER_TOKEN=${TOKEN}`;
      const [command, ...args] = lab.far.enter([
        ...['env', token, process.execPath, MAIN, 'peer', '--listen', PEER, '--watch', '3128'],
      ]);
      const peer = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
      undo.push(() => void peer.kill());
      const fingerprint = /SHA256:\S+/.exec(await said(peer, /SHA256:\S+/))![0];
      const flags = ['--proxy', '10.20.0.2:3128', '--target', 'http://10.20.0.2:8080/', '--capture', 'on'];
      summary = await place.measure(
        ['run', 'nat-recycle', '--no-look', ...flags, '--marker', 'both-sides', ...SMALL].concat([
          '--peer',
          PEER,
          '--peer-fingerprint',
          fingerprint,
        ]),
        [...lab.client.enter(['env', token])],
      );
      for (const dump of dumps) await dump.stop();
      await sleep(200);
      drops = traced.drops;
      dir = join(place.results, summary.run.id);
      startedAtMs = Date.parse(summary.run.startedAt);
      attempts = await collect(readFarAttempts(dir));
      for (const one of await collect(readEvidence(dir))) evidence.set(`${one.series} ${one.attempt}`, one);
    }, 180_000);
    afterAll(async () => {
      for (const step of undo.reverse()) await step();
    });

    const evidenceOf = ({ series, attempt }: FarAttempt) => evidence.get(`${series} ${attempt}`)!;
    const isStalled = ({ kind }: FarAttempt) => kind === 'frozen' || kind === 'recovered';

    it('a run with a peer tells of each stalled attempt what nftables traced', () => {
      const stalled = attempts.filter(isStalled);
      expect(stalled.length).toBeGreaterThan(5);
      const all = Object.values(summary.arms).reduce(
        (sum, arm) => sum + arm.stalled.count + (arm.ramp?.stalled ?? 0),
        0,
      );
      expect(stalled).toHaveLength(all);
      for (const one of stalled) {
        const { source, atUs } = evidenceOf(one);
        const fromMs = startedAtMs + atUs / 1_000 - 100;
        const traced = drops.filter(
          ({ to, atMs }) => to === source && atMs >= fromMs && atMs < fromMs + 11_000,
        );
        const told = one.syns.flatMap(({ answered, fate }) => (fate === 'ack-lost' ? answered : []));
        expect([one.by, one.fate, told.length], `${one.series} ${one.attempt}`).toEqual([
          ...['isn', 'ack-lost'],
          traced.length,
        ]);
        expect(one.reuseAgeUs).toBeGreaterThan(900_000);
      }
    });

    it('tells of no other attempt that its answer was lost', () => {
      const others = attempts.filter((one) => !isStalled(one));
      expect(others.length).toBeGreaterThan(10);
      expect(new Set(others.map(({ fate }) => fate))).toEqual(new Set(['syn-ack-returned']));
    });

    it('says how the firewall translates, and finds the clocks of one machine to agree', async () => {
      const file = await readFar(dir);
      if (file.kind !== 'whole') throw new Error(JSON.stringify(file));
      const { nat, clockOffset, attempts: counts, changes, resetsInvented, synAcksInvented } = file.value;
      expect(nat).toMatchObject({ kind: 'port-preserving', externalAddresses: ['10.20.0.1'] });
      expect(Math.abs(clockOffset!.us)).toBeLessThanOrEqual(clockOffset!.uncertaintyUs + 50);
      expect(counts.matched).toBe(counts.kept);
      expect([changes, resetsInvented, synAcksInvented]).toEqual([
        { isn: 0, options: 0, mss: 0, trafficClass: 0 },
        ...[0, 0],
      ]);
      expect(file.value.far.map(({ path }) => path)).toEqual(['capture/far.pcapng']);
    });

    const read = async (path: string, clock: { baseSec: undefined }): Promise<HandshakeSeen[]> => {
      const seen: HandshakeSeen[] = [];
      await readHandshakes([{ path, shown: path }], clock, { onHandshake: (one) => seen.push(one) });
      return seen.filter(({ syns }) => syns.length > 0);
    };

    /** Whether both have a SYN of one IP ID at one time: the firewall leaves it alone, and the matching does not look at it. */
    const sharePacket = (near: HandshakeSeen, far: HandshakeSeen) =>
      near.syns.some((one) =>
        far.syns.some(
          (other) => one.ipId === other.ipId && Math.abs(other.atUs - AHEAD_SEC * 1e6 - one.atUs) < 20_000,
        ),
      );

    it('the same from files of tcpdump alone, clocks 3 s apart, 1 % of packets missing at one side', async () => {
      const spoilt = join(place.dir, 'spoilt.pcap');
      expect(spoil(captures.far, spoilt, { aheadSec: AHEAD_SEC, lackedShare: 0.01 })).toBeGreaterThan(0);
      const clock = { baseSec: undefined };
      const [nears, fars] = [await read(captures.near, clock), await read(spoilt, clock)];
      const candidates = new FarCandidates(nears);
      for (const far of fars) candidates.add(far);
      const { pairs, offset } = matchHandshakes(candidates);
      expect(pairs.filter(({ near, far }) => !sharePacket(near, far))).toEqual([]);
      const there = nears.filter((near) => fars.some((far) => sharePacket(near, far)));
      expect(there.length).toBeGreaterThan(300);
      expect(pairs.length / there.length).toBeGreaterThanOrEqual(0.99);
      expect(Math.abs(offset!.us - AHEAD_SEC * 1e6)).toBeLessThanOrEqual(offset!.uncertaintyUs + 50);
      // And beside the run, in place of what its peer recorded.
      const joined = await joinSides(dir, {
        ...{ far: [[{ path: spoilt, shown: 'spoilt.pcap' }]], nowMs: Date.now() },
      });
      const before = new Map(attempts.map((one) => [`${one.series} ${one.attempt}`, one]));
      const matched = joined.attempts.filter(({ by }) => by !== null);
      expect(matched.length / attempts.length).toBeGreaterThanOrEqual(0.99);
      for (const one of matched)
        expect(one.external).toEqual(before.get(`${one.series} ${one.attempt}`)!.external);
      expect(
        readdirSync(dir)
          .filter((name) => name.startsWith('far'))
          .sort(),
      ).toEqual(['far.json', 'far.jsonl']);
    });
  },
);
