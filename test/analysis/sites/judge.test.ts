import { describe, expect, it } from 'vitest';
import { isWithoutVerdict, judgeSites } from '../../../src/analysis/sites/judge.ts';
import { summariseFleet } from '../../../src/analysis/sites/summarise.ts';
import { createRandom } from '../../../src/random.ts';
import { renderFleet } from '../../../src/render/fleet.ts';
import { summary } from '../../render/fixtures.ts';
import { partOf, runOf } from './parts.ts';

const SECONDS = 60;
const PER_SEC = 40;

/** Stalls of each second, where each attempt stalls with this chance. */
function draw(random: () => number, share: number, seconds = SECONDS): number[] {
  return Array.from({ length: seconds }, () => {
    let stalled = 0;
    for (let attempt = 0; attempt < PER_SEC; attempt += 1) if (random() < share) stalled += 1;
    return stalled;
  });
}

function illOf(random: () => number, shares: readonly number[]): string[] {
  const sites = shares.map((share, index) => ({
    name: `s${index}`,
    runs: [runOf(draw(random, share), PER_SEC)],
  }));
  const judged = judgeSites(sites);
  return sites.filter(({ name }) => judged.get(name)?.verdict === 'ill').map(({ name }) => name);
}

describe('sites beside each other', () => {
  it('are called ill by luck in at most one fleet of twenty, whether some are ill or none is', () => {
    const random = createRandom(1);
    const healthy = Array.from({ length: 18 }, () => 0.01);
    const fleets = 200;
    let alarms = 0;
    let missed = 0;
    for (let fleet = 0; fleet < fleets; fleet += 1) {
      const withIll = fleet % 2 === 0;
      const named = illOf(random, withIll ? [0.2, 0.1, ...healthy] : healthy);
      if (named.some((name) => !withIll || (name !== 's0' && name !== 's1'))) alarms += 1;
      if (withIll && !(named.includes('s0') && named.includes('s1'))) missed += 1;
    }
    expect(alarms).toBeLessThanOrEqual(fleets * 0.05);
    expect(missed).toBeLessThanOrEqual(fleets * 0.05);
  });

  it('do not hide one that is ill behind another that is far worse', () => {
    // All others together stall more than s1 does: only without s0 it stands out.
    const shares = [0.9, 0.03, 0, 0, 0, 0];
    expect(illOf(createRandom(2), shares)).toEqual(['s0', 's1']);
  });

  it('are told apart where most are ill, too', () => {
    expect(illOf(createRandom(3), [0.3, 0.3, 0.3, 0.3, 0])).toEqual(['s0', 's1', 's2', 's3']);
  });

  it('are not ill beside each other where all are ill alike', () => {
    expect(illOf(createRandom(4), [0.3, 0.3, 0.3, 0.3])).toEqual([]);
  });

  it('take one burst that chance may have put there for luck', () => {
    const bursts = draw(createRandom(5), 0);
    for (let second = 20; second < 25; second += 1) bursts[second] = PER_SEC;
    const runs = [bursts, ...[6, 7, 8].map((seed) => draw(createRandom(seed), 0))];
    const judged = judgeSites(
      runs.map((stalled, index) => ({ name: `s${index}`, runs: [runOf(stalled, PER_SEC)] })),
    );
    expect(judged.get('s0')?.verdict).toBe('cannot-tell');
  });
});

describe('a fleet', () => {
  const random = createRandom(9);
  const healthy = () => runOf(draw(random, 0), PER_SEC);
  const facts = { id: 'run', startsAtMs: 0 };

  it('has sites of several probes, and names the ill one with its firewall', () => {
    const parts = ['leeds', 'york', 'hull'].flatMap((site) =>
      [1, 2].map((number) =>
        partOf(
          `${site}-${number}`,
          { site, firewall: site === 'york' ? 'old' : 'new' },
          site === 'york' ? runOf(draw(random, 0.2), PER_SEC) : healthy(),
        ),
      ),
    );
    const { text, ill, sites, firewalls } = summariseFleet(facts, parts);
    expect(ill).toEqual(['york']);
    expect(text).toBe('1 of 3 sites is ill beside the others: york.');
    expect(sites.map(({ name, status }) => [name, status])).toEqual([
      ['hull', 'not-ill'],
      ['leeds', 'not-ill'],
      ['york', 'ill'],
    ]);
    expect(sites[2]?.text).toMatch(
      /^stress\.stalled\.rate (19|2[01])(\.\d)? % against 0 % of the others \(p < 0\.001\); stress\.completedShare /,
    );
    expect(firewalls.map(({ name, sites: own, ill: illOnes }) => [name, own, illOnes])).toEqual([
      ['new', ['hull', 'leeds'], []],
      ['old', ['york'], ['york']],
    ]);
  });

  it('judges no site by a probe that was the bottleneck, and says so', () => {
    const { verdict } = summary();
    const limited = runOf(draw(random, 0.5), PER_SEC, {
      verdict: { ...verdict, generatorLimited: true, reasons: ['its threads were late'] },
    });
    const { ill, sites, text } = summariseFleet(facts, [
      partOf('a', { site: 'leeds' }, limited),
      partOf('b', { site: 'york' }, healthy()),
      partOf('c', { site: 'york' }, limited),
      partOf('d', { site: 'hull' }, healthy()),
    ]);
    expect(ill).toEqual([]);
    expect(text).toBe(
      'No site is ill beside the others, of 2 of 3 sites that can be judged. Generator-limited: leeds.',
    );
    const york = sites.find(({ name }) => name === 'york');
    expect(york?.status).toBe('not-ill');
    expect(york?.text).toMatch(/, by 1 of its 2 probes$/);
    expect(york?.unjudged).toEqual([{ probe: 'c', why: 'generator-limited: its threads were late' }]);
    // It counts in the sums all the same.
    expect(york?.arms['stress']?.started).toBe(2 * SECONDS * PER_SEC);
  });

  it('compares nothing where there is one site', () => {
    const { sites, text } = summariseFleet(facts, [partOf('a', { site: 'leeds' }, healthy())]);
    expect(sites[0]?.status).toBe('cannot-tell');
    expect(sites[0]?.text).toBe('there is no other site to compare it with');
    expect(text).toMatch(
      /^(No handshake|[\d,]+ of [\d,]+ handshakes) stalled at leeds; there is no other site to compare it with\.$/,
    );
    const { verdict } = summary();
    const limited = runOf(draw(createRandom(8), 0), PER_SEC, {
      verdict: { ...verdict, generatorLimited: true, reasons: ['its threads were late'] },
    });
    const alone = summariseFleet(facts, [partOf('a', { site: 'leeds' }, limited)]);
    expect(alone.text).toBe(
      'No verdict on leeds: its probes were the bottleneck, so that they say nothing about what they tested. With a lower --rate, probes keep up.',
    );
    expect(renderFleet(alone, { colour: false, width: 200 })).toMatch(
      /^No verdict on leeds: .*\n+a: generator-limited: its threads were late$/m,
    );
  });

  it('has no verdict where probes that were the bottleneck leave nothing to judge', () => {
    const { verdict } = summary();
    const limited = runOf(draw(createRandom(8), 0), PER_SEC, {
      verdict: { ...verdict, generatorLimited: true },
    });
    const of = (...runs: Parameters<typeof partOf>[2][]) =>
      summariseFleet(
        facts,
        runs.map((run, index) => partOf(`p${index}`, {}, run)),
      );
    const none = of(limited, limited);
    expect(none.text).toBe(
      'No site can be judged beside others. Generator-limited: p0, p1. With a lower --rate, probes keep up.',
    );
    const one = of(limited, healthy());
    expect(one.sites[1]?.text).toBe('there is no other site that counts to compare it with');
    expect(
      [none, one, of(limited), of(limited, healthy(), healthy()), of(undefined), of(healthy())].map(
        ({ sites }) => isWithoutVerdict(sites),
      ),
    ).toEqual([true, true, true, false, false, false]);
  });

  it('says that a site refused, and not that nothing of it is here', () => {
    const refused = {
      ...partOf('a', { site: 'leeds' }, undefined),
      status: 'refused' as const,
      trouble: ['refused: too much'],
    };
    const alone = summariseFleet({ ...facts, id: '20250131-060000-quickstart-zbtk' }, [refused]);
    expect(
      renderFleet(alone, { colour: false, width: 200 })
        .split('\n')
        .filter((line) => /refused|quickstart,/.test(line)),
    ).toEqual([
      '  quickstart, 1970-01-01 00:00:00 UTC',
      'No verdict on leeds: its probes refused the run.',
      '  a       site=leeds  refused',
      'refused by a: too much',
    ]);
  });

  it('says that nothing stalled where sites cannot be told apart', () => {
    const short = (share: number) => runOf(draw(createRandom(7), share, 10), PER_SEC);
    const clean = summariseFleet(facts, [
      partOf('a', { site: 'leeds' }, short(0)),
      partOf('b', { site: 'york' }, short(0)),
    ]);
    expect(clean.sites.map(({ status }) => status)).toEqual(['cannot-tell', 'cannot-tell']);
    expect(clean.text).toBe(
      'No handshake stalled at any of 2 sites. Too little was sent to tell small differences between them: that takes a longer run.',
    );
    const stalled = summariseFleet(facts, [
      partOf('a', { site: 'leeds' }, short(0)),
      partOf('b', { site: 'york' }, short(0.05)),
    ]);
    expect(stalled.text).not.toContain('No handshake stalled');
  });

  it('names the probes that did not begin with the others, as far as clocks can be told', () => {
    const began = (probe: string, skewMs: number, errorMs: number) => ({
      ...partOf(probe, { site: probe }, healthy()),
      start: { skewMs, errorMs },
    });
    const { warnings } = summariseFleet(facts, [
      ...[began('a', 3, 1), began('late', 13_000, 20), began('early', -1_500, 20)],
      began('unsure', 1_500, 900),
    ]);
    expect(warnings).toEqual([
      'began more than a second away from the agreed one: late, early; what they met may have been another load',
    ]);
  });

  it('takes names of sites from no prototype', () => {
    const parts = ['constructor', '__proto__'].map((site) =>
      partOf(site === '__proto__' ? 'a' : 'b', JSON.parse(`{"site":"${site}"}`), healthy()),
    );
    const { sites, externals } = summariseFleet(facts, parts);
    expect(sites.map(({ name }) => name)).toEqual(['__proto__', 'constructor']);
    expect(externals).toEqual([]);
  });
});
