import { describe, expect, it } from 'vitest';
import { summariseFleet } from '../../src/analysis/sites/summarise.ts';
import type { FleetPart } from '../../src/analysis/sites/types.ts';
import { renderFleet } from '../../src/render/fleet.ts';
import { renderFleetDiagnosis, renderFleetDiagnosisMarkdown } from '../../src/render/fleet-diagnosis.ts';
import { partOf, runOf } from '../analysis/sites/parts.ts';
import { armSummary, summary } from './fixtures.ts';

const CLEARS = '\u001b[2J';
const WIDE = { colour: false, width: Number.POSITIVE_INFINITY };
const facts = { id: 'run', startsAtMs: Date.UTC(2025, 0, 31, 6) };

const healthy = (): FleetPart['run'] => runOf(new Array(60).fill(0), 40);
const ill = (text: string): FleetPart['run'] =>
  runOf(
    Array.from({ length: 60 }, (_, second) => (second % 3) + 1),
    40,
    {
      diagnosis: {
        ...{ verdict: 'named', text, symptoms: [], decide: [] },
        causes: [
          {
            ...{ id: 'early-reuse', name: 'ports reused early', status: 'named' },
            ...{ for: [], against: [], next: [], proof: '' },
          },
        ],
      },
    },
  );

describe('a fleet’s run', () => {
  it('leads with the ill sites, and with what their runs say of why', () => {
    const parts = [
      partOf('a-1', { site: 'leeds', firewall: 'old' }, ill('Named: ports reused early.')),
      partOf('a-2', { site: 'leeds', firewall: 'old' }, ill('Named: ports reused early.')),
      partOf('b-1', { site: 'york', firewall: 'new' }, healthy()),
      partOf('c-1', { site: 'hull' }, healthy()),
    ];
    const shown = renderFleet(summariseFleet(facts, parts), WIDE).split('\n');
    expect(shown.slice(0, 3)).toEqual(['run', '  steady, 2025-01-31 06:00:00 UTC', '']);
    expect(shown[3]).toBe('1 of 3 sites is ill beside the others: leeds.');
    expect(shown.filter((line) => /^ {2}(hull|leeds|york|all 3) /.test(line))).toEqual([
      expect.stringMatching(/^ {2}hull +1 of 1 +2,400 +2,400 +0 +0 % \(0 % to [\d.]+ %\) +not ill$/),
      expect.stringMatching(/^ {2}leeds +old +2 of 2 +4,800 +4,560 +240 +5 % \([\d.]+ % to [\d.]+ %\) +ill$/),
      expect.stringMatching(/^ {2}york +new +1 of 1 +2,400 .* not ill$/),
      expect.stringMatching(/^ {2}all 3 +4 of 4 +9,600 +9,360 +240 +2.5 % /),
    ]);
    const why = shown.findIndex((line) =>
      line.startsWith('leeds is ill: stress.stalled.rate 5 % against 0 %'),
    );
    expect(shown[why + 1]).toBe('  a-1, a-2: Named: ports reused early.');
    expect(shown).toContainEqual(expect.stringMatching(/^ {2}old +2 of 2 +4,800 .* 1 of 1$/));
    expect(shown).toContainEqual(expect.stringMatching(/^ {2}unknown +1 of 1 +2,400 .* 0 of 1$/));
  });

  it('shows what probes say of themselves without its effect on a terminal', () => {
    const parts: FleetPart[] = [
      partOf(
        'a',
        { site: `leeds${CLEARS}`, firewall: `old${CLEARS}`, external: CLEARS },
        ill(`Named: ${CLEARS}.`),
      ),
      partOf('b', {}, healthy()),
      {
        ...partOf('c', {}, undefined),
        ...{ status: 'refused', trouble: [`refused: because${CLEARS}`] },
      },
    ];
    const run = { ...healthy()!, summary: { ...summary(), run: { ...summary().run, scenario: CLEARS } } };
    const shown = renderFleet(summariseFleet(facts, [...parts, partOf('d', {}, run)]), WIDE);
    expect(shown).not.toContain('\u001b');
    expect(shown).toContain('refused by c: because\\u{1b}[2J\n');
    expect(shown).toMatch(/^ {2}c +refused$/m);
    expect(shown).toContain('1 of 4 sites is ill beside the others: leeds\\u{1b}[2J. Refused: c.');
  });

  it('names each criterion that failed once, with the worst probes and what they measured', () => {
    const [stalls, median] = ['*.stalled.rate < 0.1%', '*.completedShare > 99%'];
    const failing = (rate: number, share: number | null): FleetPart['run'] =>
      runOf(new Array(60).fill(0), 40, {
        verdict: {
          ...{ pass: false, generatorLimited: false, reasons: [] },
          criteria: [
            { text: stalls, value: rate, held: false },
            { text: median, value: share ?? 1, held: share === null },
          ],
        },
      });
    const incomplete = runOf(new Array(60).fill(0), 40, {
      verdict: {
        ...{ pass: false, generatorLimited: false, criteria: [] },
        reasons: ['arm web completed 0 of 40 attempts, all refused'],
      },
    });
    const parts = [
      ...[0.02, 0.01, 0.06, 0.03, 0.05, 0.04].map((rate, index) =>
        partOf(`p-${index}`, { site: 'leeds' }, failing(rate, index === 1 ? 0.5 : null)),
      ),
      partOf('fine', { site: 'york' }, healthy()),
      partOf('refused', { site: 'york' }, incomplete),
    ];
    const told = summariseFleet(facts, parts);
    expect(told.failed.map(({ text, probes }) => [text, probes.length])).toEqual([
      [stalls, 6],
      [median, 1],
      ['half of the attempts of each arm complete', 1],
    ]);
    expect(told.failed[0]?.probes[0]).toEqual({ probe: 'p-2', site: 'leeds', value: 0.06, why: null });
    const shown = renderFleet(told, WIDE).split('\n');
    const from = shown.findIndex((line) => line.startsWith('FAIL'));
    expect(shown.slice(from - 1, from + 5)).toEqual([
      '',
      'FAIL: 3 criteria did not hold, at 7 of 8 probes',
      `  ${stalls}: 6 % at p-2, 5 % at p-4, 4 % at p-5, 3 % at p-3, 2 % at p-0 and 1 more`,
      `  ${median}: 50 % at p-1`,
      '  half of the attempts of each arm complete: refused (arm web completed 0 of 40 attempts, all refused)',
      '',
    ]);
    // Of one probe alone, too; and where nothing failed, nothing is said.
    expect(renderFleet(summariseFleet(facts, parts.slice(0, 1)), WIDE)).toContain(
      `\n\nFAIL: 1 criterion did not hold, at 1 of 1 probe\n  ${stalls}: 2 % at p-0\n`,
    );
    expect(renderFleet(summariseFleet(facts, [parts[6]!]), WIDE)).not.toContain('FAIL');
  });

  it('ends with the commands that say more of what is ill, one probe of a site and at most three', () => {
    const stalling = (perSec: number) => runOf(new Array(60).fill(perSec), 40, told('cannot-tell'));
    const told = (verdict: 'cannot-tell' | 'healthy') => ({
      diagnosis: { verdict, text: `It says ${verdict}.`, symptoms: [], causes: [], decide: [] },
    });
    const fine = (probe: string) => partOf(probe, { site: probe }, healthy());
    const parts = [
      ...['a', 'b', 'c', 'd'].map((site, index) => partOf(`${site}-1`, { site }, stalling(30 - index * 3))),
      partOf('a-2', { site: 'a' }, stalling(32)),
      ...['v', 'w', 'x', 'y', 'z'].map(fine),
    ];
    const many = summariseFleet(facts, parts);
    expect(many.ill).toEqual(['a', 'b', 'c', 'd']);
    expect(many.next).toEqual(
      ['a-2', 'b-1', 'c-1'].map((probe) => ({ site: probe[0], probe, folder: `run-${probe}` })),
    );
    const lines =
      '\n\nNext, what speaks for and against each cause:\n  rushhour diagnose run-a-2\n  rushhour diagnose run-b-1\n  rushhour diagnose run-c-1\n';
    expect(renderFleet(many, WIDE).endsWith(lines)).toBe(true);
    expect(renderFleetDiagnosis(many, WIDE).endsWith(lines)).toBe(true);
    expect(renderFleet(many, { ...WIDE, diagnose: (folder) => `bin/rushhour diagnose ${folder}` })).toContain(
      '\n  bin/rushhour diagnose run-a-2\n',
    );
    // The only site, and all that are ill alike where it made criteria fail; not where nothing is wrong.
    expect(summariseFleet(facts, [partOf('a-1', { site: 'a' }, stalling(3))]).next).toHaveLength(1);
    const luck = runOf([1, ...new Array(59).fill(0)], 40, told('healthy'));
    expect(summariseFleet(facts, [partOf('a-1', { site: 'a' }, luck)]).next).toEqual([]);
    const verdict = { ...summary().verdict, pass: false };
    const alike = runOf(new Array(60).fill(3), 40, { verdict });
    const next = (run: FleetPart['run']) =>
      summariseFleet(facts, [partOf('a', {}, run), partOf('b', {}, run), partOf('c', {}, run)]).next;
    expect(next(alike).map(({ probe }) => probe)).toEqual(['a']);
    expect(next(luck)).toEqual([]);
    expect(renderFleet(summariseFleet(facts, [fine('v'), fine('w')]), WIDE)).not.toContain('Next');
  });

  it('is diagnosed with a line for each probe, where those of a site do not say the same', () => {
    const parts = [
      partOf('a-1', { site: 'leeds' }, ill('Named: ports reused early.')),
      partOf('a-2', { site: 'leeds' }, ill('Cannot tell: several.')),
      partOf('a-3', { site: 'leeds' }, ill('Cannot tell: several.')),
      ...['hull', 'york'].map((site) => partOf(`${site}-1`, { site }, healthy())),
    ];
    const told = summariseFleet(facts, parts);
    const lines = renderFleetDiagnosis(told, WIDE).split('\n');
    const at = lines.indexOf('leeds: ill');
    expect(lines.slice(at, at + 4)).toEqual([
      'leeds: ill',
      '  a-1: Named: ports reused early.',
      '  a-2, a-3: Cannot tell: several.',
      '',
    ]);
    expect(told.sites.find(({ name }) => name === 'leeds')?.diagnosis.said).toEqual([
      { text: 'Named: ports reused early.', probes: ['a-1'] },
      { text: 'Cannot tell: several.', probes: ['a-2', 'a-3'] },
    ]);
    expect(renderFleetDiagnosisMarkdown(told)).toContain(
      '### leeds: ill\n\n- a-1: Named: ports reused early.\n- a-2, a-3: Cannot tell: several.\n',
    );
  });

  it('has each reason for which probes refused once, and what would allow it', () => {
    const rate = '300/s exceeds the rate that the policy allows, 200/s';
    const proxy = 'proxy 127.0.0.1:3128 is not among those that the policy allows (none)';
    const parts = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((probe, index) => ({
      ...partOf(probe, {}, undefined),
      status: 'refused' as const,
      trouble: (index === 0 ? [rate] : [proxy, rate]).map((reason) => `refused: ${reason}`),
    }));
    expect(renderFleet(summariseFleet(facts, parts), WIDE).split('\n\n').at(-1)).toBe(
      [
        `refused by a, b, c, d, e and 2 more: ${rate}`,
        `refused by b, c, d, e, f and 1 more: ${proxy}`,
        "To allow it, a probe's owner would add to its policy, as far as it lacks this:",
        '  proxies: ["127.0.0.1:3128"]',
        '  rate: 300/s\n',
      ].join('\n'),
    );
  });

  it('says how much ramps started, which no sum has', () => {
    const ramp = { scheduled: 170, started: 165, unsent: 5, established: 165, completed: 160, stalled: 2 };
    const ramped = runOf(new Array(60).fill(0), 40, { arms: { stress: armSummary({ ramp }) } });
    const told = summariseFleet(facts, [partOf('a', {}, ramped), partOf('b', {}, ramped)]);
    expect(told.all.arms['stress']?.ramp).toEqual({
      ...{ scheduled: 340, started: 330, unsent: 10, established: 330, completed: 320, stalled: 4 },
    });
    expect(renderFleet(told, WIDE)).toContain('\n  ramp: 330 more started, 4 stalled; not counted\n');
    const without = summariseFleet(facts, [partOf('a', {}, healthy())]);
    expect(without.all.arms['stress']).not.toHaveProperty('ramp');
    expect(renderFleet(without, WIDE)).not.toContain('ramp');
  });

  it('leaves no figure out on a narrow terminal', () => {
    const parts = [
      partOf('a-1', { site: 'leeds' }, ill('Named: ports reused early.')),
      partOf('b-1', { site: 'york' }, healthy()),
      partOf('c-1', { site: 'hull' }, healthy()),
    ];
    const shown = renderFleet(summariseFleet(facts, parts), { colour: false, width: 60 });
    expect(shown).toContain('stalled 120');
    expect(Math.max(...shown.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(60);
  });
});
