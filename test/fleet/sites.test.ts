import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ArmSums, FleetSummary, SiteSummary } from '../../src/analysis/sites/types.ts';
import { readPreset } from '../../src/lab/presets/index.ts';
import type { Frame } from '../../src/metrics/types.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { FirewalledFleet, type FirewalledSite } from './firewalled.ts';

/** So many probes behind each of five firewalls: 4 are 20. Otherwise two behind each of three. */
const GIVEN = Number(process.env['RUSHHOUR_FLEET_SITES'] ?? 0);
const IS_FULL = GIVEN > 0;
const PROBES = IS_FULL ? GIVEN : 2;
/** Attempts a second of each probe: all of them share two processors, which others may keep busy, too. */
const PER_SEC = IS_FULL ? 6 : 12;
const SITE_PER_SEC = PROBES * PER_SEC;
const LOAD_SEC = IS_FULL ? 90 : 40;
/** Those that began first, and are over, look at what they recorded, which takes processors from the others: next to nothing is sent. */
const TAIL = { perSec: 0.1, seconds: IS_FULL ? 20 : 10 };
const PLANNED = PER_SEC * LOAD_SEC + TAIL.perSec * TAIL.seconds;
/** All probes prepare in the same 15 s before second 0, for which two processors may take longer: nothing is sent until all have begun. */
const IDLE_SEC = IS_FULL ? 20 : 5;
/** None takes its order while others prepare. */
const AHEAD_MS = IS_FULL ? 60_000 : 30_000;
/** Twenty processes start one after the other on two busy processors; milliseconds. */
const LONGEST_MS = IS_FULL ? 420_000 : 180_000;

const site = (name: string, model: string, preset: string): FirewalledSite => ({
  ...{ name, model, preset, probes: PROBES },
});

/** A pool so small that a port comes again after 8 s; a limit at half of what the site sends, and one that it never reaches. */
const SITES: readonly FirewalledSite[] = [
  site('leeds', 'strict', `timewait-1s:t=1,ports=${8 * SITE_PER_SEC}`),
  site('york', 'linux', 'healthy'),
  site('hull', 'linux', 'timewait-60s'),
  ...(IS_FULL
    ? [
        site('ripon', 'limited', `syn-rate-limit:rate=${SITE_PER_SEC / 2}`),
        site('selby', 'linux', 'syn-rate-limit:rate=1000'),
      ]
    : []),
];
const ILL = IS_FULL ? ['leeds', 'ripon'] : ['leeds'];

suiteNeeding('a fleet behind firewalls', ['linux', 'root', 'netns', 'nft', 'nginx', 'nats-server'], () => {
  const fleet = new FirewalledFleet(SITES);
  let summary: FleetSummary;
  let shown: string;

  beforeAll(async () => {
    await fleet.start();
    const scenario = join(fleet.dir, 'web.yaml');
    writeFileSync(
      scenario,
      `schema: 1
target: ${fleet.target}
arms:
  web:
    via: direct
    timeouts: { handshake: 5s }
    load:
      - idle: { for: ${IDLE_SEC}s }
      - hold: { rate: ${PER_SEC}/s, for: ${LOAD_SEC}s }
      - hold: { rate: ${TAIL.perSec}/s, for: ${TAIL.seconds}s }
`,
    );
    const startsAt = new Date(Date.now() + AHEAD_MS).toISOString();
    const { out, err } = await fleet.call('fleet', 'run', scenario, '--at', startsAt, '--json');
    if (out === '') throw new Error(err);
    summary = JSON.parse(out).summary;
    shown = (await fleet.call('results', 'show', summary.run.id)).out;
    // It is run by hand, and read.
    if (IS_FULL) process.stderr.write(`${shown}\n`);
  }, LONGEST_MS);
  afterAll(() => fleet.stop(), LONGEST_MS);

  /** Of the seconds that a probe recorded, with no code of what is tested. */
  const addFrames = (probes: readonly string[]) => {
    const sums = { started: 0, completed: 0, stalled: 0 };
    for (const probe of probes) {
      const file = join(fleet.dir, 'results', `${summary.run.id}-${probe}`, 'frames.jsonl');
      for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
        const counts = (JSON.parse(line) as Frame).series['web'];
        if (counts === undefined) continue;
        sums.started += counts.started;
        sums.completed += counts.completed;
        sums.stalled += counts.recovered + counts.frozen + counts.unresolved;
      }
    }
    return sums;
  };
  const sumsOf = ({ started, completed, stalled }: ArmSums) => ({
    started,
    completed,
    stalled: stalled.count,
  });

  it('has just the ill sites named by one command, beside what their own runs say', (context) => {
    expect(summary.probes.flatMap(({ trouble }) => trouble)).toEqual([]);
    const limited = summary.sites
      .filter(({ status }) => status === 'generator-limited')
      .map(({ name }) => name);
    expect(summary.ill).toEqual(ILL.filter((name) => !limited.includes(name)).sort());
    if (limited.length > 0)
      context.skip(`this machine was the bottleneck, so that ${limited.join(', ')} could not be judged`);
    expect(summary.text).toMatch(
      new RegExp(
        `^${ILL.length} of ${SITES.length} sites (is|are) ill beside the others: ${ILL.join(', ')}\\.`,
      ),
    );
    for (const name of ILL) expect(shown).toContain(`${name} is ill: web.stalled.rate `);
    for (const probe of summary.probes) {
      const { preset } = SITES.find(({ name }) => name === probe.site)!;
      const { causes } = readPreset(preset);
      const isIll = ILL.includes(probe.site);
      // What a run names is what its firewall does, if it names anything.
      for (const { id } of probe.diagnosis!.named) expect(isIll ? causes : []).toContain(id);
      if (isIll && !probe.generatorLimited) expect(probe.diagnosis!.verdict).not.toBe('healthy');
    }
  });

  it('has sums that are those of the folders, and of what nginx answered', async () => {
    const answered = await fleet.countAnswered();
    const check = ({ arms, probes, summed }: Pick<SiteSummary, 'arms' | 'probes' | 'summed'>): void => {
      expect(summed).toEqual(probes);
      expect(sumsOf(arms['web']!)).toEqual(addFrames(probes));
      expect(arms['web']!.scheduled).toBe(probes.length * PLANNED);
    };
    // Each connection has one request: all that completed were answered, and of the others no more than were open.
    const checkAnswered = ({ completed, established }: ArmSums, count: number): void => {
      expect(count).toBeGreaterThanOrEqual(completed);
      expect(count).toBeLessThanOrEqual(established);
    };
    check(summary.all);
    for (const each of [...summary.sites, ...summary.firewalls]) check(each);
    for (const { name, arms } of summary.sites)
      checkAnswered(arms['web']!, answered.get(fleet.externalOf(name)) ?? 0);
    checkAnswered(
      summary.all.arms['web']!,
      [...answered.values()].reduce((sum, count) => sum + count, 0),
    );
    const illAmong = (...names: string[]): string[] => names.filter((name) => summary.ill.includes(name));
    expect(summary.firewalls.map(({ name, ill, sites }) => [name, ill, sites])).toEqual([
      ...(IS_FULL ? [['limited', illAmong('ripon'), ['ripon']]] : []),
      ['linux', [], IS_FULL ? ['hull', 'selby', 'york'] : ['hull', 'york']],
      ['strict', illAmong('leeds'), ['leeds']],
    ]);
  });

  it('tells of each probe when it began, and how far that can be off', () => {
    for (const { start } of summary.probes)
      expect(start).toEqual({ skewMs: expect.any(Number), errorMs: expect.any(Number) });
  });
});
