import { constants } from 'node:os';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Summary } from '../../src/analysis/types.ts';
import type { EngineName } from '../../src/engine/names.ts';
import { type Cut, classifyCut } from '../../src/outcome/cut.ts';
import type { HostPort } from '../../src/scenario/types.ts';
import { times } from '../contract/attempts.ts';
import { bareArmTo, countOutcomes } from '../support/arms.ts';
import { type Driver, startDriver } from '../support/drive-child.ts';
import { SOCKET_ENGINES } from '../support/engines.ts';
import { makePair, type Pair } from '../support/namespaces.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { expectVerdict } from '../support/verdict.ts';
import { findingOf, measureIn } from './measure.ts';

const { errno } = constants;
const SEC = 1_000_000;

/** How long the far side, which is its own firewall here, remembers a connection that is idle, seconds. */
const REMEMBERS_SEC = 2;

/** Rules of a firewall that knows only what it saw begin, and does `verdict` to the rest. */
function forgetIdle(verdict: string): string {
  return `table inet forget {
    chain input {
      type filter hook input priority 0;
      meta l4proto tcp ct state invalid ${verdict}
    }
  }`;
}

suiteNeeding('connections that are held across a cable', ['linux', 'root', 'netns', 'ip', 'nft'], () => {
  const undo: (() => Promise<void>)[] = [];
  let pair: Pair;
  let origin: HostPort;
  let near: Record<string, Driver>;

  beforeAll(async () => {
    const made = await makePair();
    undo.push(made.remove);
    pair = made.pair;
    origin = (await pair.far.startFarEnd(pair.farAddress)).origin;
    // A process each: they only wait, and do so together.
    near = Object.fromEntries(
      SOCKET_ENGINES.map((engine) => [engine, startDriver(['ip', 'netns', 'exec', pair.near.name])]),
    );
    undo.push(...Object.values(near).map(({ end }) => end));
  });
  afterEach(() => pair.far.dropRules());
  afterAll(async () => {
    for (const step of undo.reverse()) await step();
  });

  /** Has all engines hold connections for a second, or for longer than they are remembered. */
  const holdWith = async (verdict: string | undefined) => {
    if (verdict !== undefined) {
      await pair.far.loadRules(forgetIdle(verdict));
      await pair.far.run(
        'sysctl',
        '-qw',
        `net.netfilter.nf_conntrack_tcp_timeout_established=${REMEMBERS_SEC}`,
        'net.netfilter.nf_conntrack_tcp_loose=0',
      );
    }
    const arm = bareArmTo(origin, { proveUs: [SEC], holdUs: (REMEMBERS_SEC + 1.5) * SEC });
    const driving = Object.entries(near).map(([engine, driver]) =>
      driver.drive(engine as EngineName, { arms: [arm], starts: times(4) }),
    );
    return Promise.all(driving);
  };

  const endsOf = ({ records }: Awaited<ReturnType<typeof holdWith>>[number]) =>
    records.map(({ phase, cause, errno: code, proofAgeUs }) => [
      proofAgeUs / SEC,
      phase === 'done' ? 'alive' : classifyCut({ cause, errno: code }),
    ]);

  it('live where nobody forgets them', async () => {
    for (const driven of await holdWith(undefined)) {
      expect(driven.faults).toEqual([]);
      expect(endsOf(driven)).toEqual([1, 3.5, 1, 3.5].map((age) => [age, 'alive']));
    }
  });

  it.each([
    ['silently', 'drop', 'silence'],
    ['and answers with an RST', 'reject with tcp reset', 'RST'],
    ['and answers with ICMP, which counts for nothing', 'reject with icmp type host-unreachable', 'silence'],
  ])('are found out where a firewall has forgotten them %s', async (_, verdict, how) => {
    for (const driven of await holdWith(verdict)) {
      expect(driven.faults).toEqual([]);
      expect(endsOf(driven)).toEqual([1, 3.5, 1, 3.5].map((age) => [age, age === 1 ? 'alive' : how]));
      expect(countOutcomes(driven.records)).toEqual({ ok: 2, 'held-cut': 2 });
      if (how === 'silence') {
        const dead = driven.records.filter(({ phase }) => phase === 'held');
        expect(dead.map(({ errno: code }) => code)).toEqual([errno.ETIMEDOUT, errno.ETIMEDOUT]);
        // Three keep-alives, a second apart, and not the hours that the system takes by itself.
        for (const { provedAtUs, endedAtUs } of dead)
          expect(endedAtUs - provedAtUs).toBeGreaterThanOrEqual(2.9 * SEC);
      }
    }
  });
});

suiteNeeding('a firewall that forgets idle connections', ['linux', 'root', 'netns', 'ip', 'nft'], () => {
  const runs = new Map<string, Summary>();

  beforeAll(async () => {
    const flags = ['--rate', '10/s', '--duration', '2s'];
    const ages = ['--set', 'arms.keep.hold=7s', '--set', 'arms.keep.prove=2s'];
    const presets = ['idle-forget:4s', 'idle-forget:4s,answer=reset', 'healthy'];
    await Promise.all(
      presets.map(async (preset) => runs.set(preset, await measureIn(preset, 'hold', ...flags, ...ages))),
    );
  });

  it.each([
    ['silently', 'idle-forget:4s', 'silence', 'cut silently'],
    ['and answers whoever goes on with an RST', 'idle-forget:4s,answer=reset', 'RST', 'cut by RST'],
  ])('%s, is found out, and between which ages', (_, preset, how, told) => {
    const summary = runs.get(preset)!;
    const { established, cuts, proofs = [], outcomes } = summary.arms['keep']!;
    const [young, old] = proofs;
    expect(proofs).toEqual([
      { ageSec: 2, alive: young?.alive, cuts: {} },
      { ageSec: 7, alive: 0, cuts: { [how]: established - young!.alive } },
    ]);
    expect(Math.abs(young!.alive - established / 2)).toBeLessThanOrEqual(1);
    expect(cuts).toEqual(old?.cuts);
    expect(outcomes['held-cut']).toBe(cuts?.[how as Cut]);
    const age = findingOf(summary, 'cut-age');
    expect(age).toMatchObject({ count: outcomes['held-cut'], foundAtSec: 7, aliveAtSec: 2 });
    expect(age.text).toContain(told);
    expectVerdict(summary, { 'keep.outcomes.held-cut == 0': false, 'keep.completedShare >= 99.9%': false });
  });

  it('is none where connections are remembered', () => {
    const summary = runs.get('healthy')!;
    const { established, cuts, proofs = [], outcomes } = summary.arms['keep']!;
    expect(cuts).toEqual({});
    expect(outcomes.ok).toBe(established);
    expect(proofs.reduce((sum, { alive }) => sum + alive, 0)).toBe(established);
    expect(findingOf(summary, 'cut-age')).toMatchObject({ confidence: 'none', count: 0 });
    expectVerdict(summary, { 'keep.outcomes.held-cut == 0': true, 'keep.completedShare >= 99.9%': true });
  });
});
