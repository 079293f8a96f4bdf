import { describe, expect, it } from 'vitest';
import { diagnose } from '../../../src/analysis/causes/diagnose.ts';
import { ArmCells } from '../../../src/analysis/compare/cells.ts';
import { compareRuns } from '../../../src/analysis/compare/compare.ts';
import { compareDiagnoses } from '../../../src/analysis/compare/diagnoses.ts';
import type { CauseChange, RunTimeSeries } from '../../../src/analysis/compare/types.ts';
import { observe } from '../../../src/analysis/observations/observe.ts';
import { renderComparison } from '../../../src/render/comparison.ts';
import { renderComparisonMarkdown } from '../../../src/render/comparison-markdown.ts';
import { comparisonSection } from '../../../src/render/report/sections.ts';
import { CASES } from '../causes/cases.ts';
import { away, lossy } from '../causes/paths.ts';
import { randomOf } from '../causes/random.ts';
import { type Load, type More, type Path, play } from '../causes/world.ts';
import { factsOf } from './time-series.ts';

const caseOf = (cause: string) => CASES.find((one) => one.cause === cause)!;
const LIMIT = caseOf('open-limit');

function runOf(id: string, loads: readonly Load[], path: Path, more: More = {}): RunTimeSeries {
  const records = play(loads, path, more);
  const { summary, scenario } = records;
  const { run } = factsOf();
  return {
    facts: factsOf({ run: { ...run, id, label: '' }, scenario, diagnosis: diagnose(observe(records)) }),
    arms: new Map(
      Object.entries(summary.arms).map(([name, arm]) => [
        name,
        { summary: arm, cells: new ArmCells(), times: new Map() },
      ]),
    ),
  };
}

const LIMITED = runOf('a', LIMIT.loads, LIMIT.path(), LIMIT.more);
const HEALTHY = runOf('b', LIMIT.loads, {}, LIMIT.more);
const changesOf = (
  before: readonly RunTimeSeries[],
  after: readonly RunTimeSeries[],
  differences: readonly string[] = [],
): readonly CauseChange[] => compareDiagnoses(before, after, differences).diagnosis!.changes;

describe('whether a cause is gone', () => {
  it('yes, where the arms that it hit are clean after the change', () => {
    const [change, ...others] = changesOf([LIMITED], [HEALTHY]);
    expect(others).toEqual([]);
    expect(change).toMatchObject({ id: 'open-limit', status: 'gone' });
    expect(change!.sentence).toMatch(
      /^A limit of open connections, .* named before the change \(a\); gone: after it the same arms are clean \(none of [\d,]+ of keep stalled; [\d,]+ would have, had they met the same\)$/,
    );
  });

  it('no, where it is named again', () => {
    expect(changesOf([LIMITED], [LIMITED])).toMatchObject([{ id: 'open-limit', status: 'still' }]);
    expect(changesOf([LIMITED], [HEALTHY, LIMITED])).toMatchObject([
      { status: 'still', sentence: expect.stringContaining('in 1 of 2 runs') },
    ]);
  });

  it('unknown, where its arm is missing, too little was tried, the load was another, or nothing was measured', () => {
    const others = LIMIT.loads.filter(({ arm }) => arm.name !== 'keep');
    const few = LIMIT.loads.map(
      ({ arm, ...load }): Load => ({
        ...load,
        arm: {
          ...arm,
          load: { kind: 'open', phases: [{ kind: 'hold', ratePerSec: 5, forUs: 30_000_000 }] },
        } as Load['arm'],
      }),
    );
    const none: RunTimeSeries = {
      ...HEALTHY,
      facts: {
        ...HEALTHY.facts,
        diagnosis: {
          verdict: 'none',
          text: 'No verdict: this machine was the bottleneck.',
          symptoms: [],
          causes: [],
          decide: [],
        },
      },
    };
    const said = [
      changesOf([LIMITED], [runOf('b', others, {}, LIMIT.more)]),
      changesOf([LIMITED], [runOf('b', few, {}, LIMIT.more)]),
      changesOf([LIMITED], [HEALTHY], ['keep: the load differs: 50/s and 5/s']),
      changesOf([LIMITED], [none]),
    ].map(([change]) => [change!.status, change!.sentence.slice(change!.sentence.indexOf('; ') + 2)]);
    expect(said).toEqual([
      ['cannot-tell', 'cannot tell whether it is gone: its arm keep is missing after it'],
      [
        'cannot-tell',
        expect.stringMatching(
          /^cannot tell whether it is gone: only 150 of its arm keep were started after it, against [\d,]+$/,
        ),
      ],
      [
        'cannot-tell',
        'cannot tell whether it is gone: the runs did not do the same (keep: the load differs: 50/s and 5/s)',
      ],
      [
        'cannot-tell',
        'cannot tell whether it is gone: the runs after it say nothing (no verdict: this machine was the bottleneck)',
      ],
    ]);
  });

  it('and another one is named where the same arm is ill for another reason', () => {
    const loss = caseOf('loss');
    const arm = loss.loads[0]!.arm.name;
    // The same arms, away for a time: an outage is never named from here alone.
    const before = runOf('a', loss.loads, loss.path(), loss.more);
    const after = runOf('b', loss.loads, away([[20, 24]]), loss.more);
    const [change] = changesOf([before], [after]);
    expect(change).toMatchObject({ id: 'loss', status: 'cannot-tell' });
    expect(change!.sentence).toContain(
      `of its arm ${arm} stalled after it, and this cause is excluded there`,
    );
  });

  it('and which, where one is named', () => {
    const drops = { near: { TcpActiveOpens: 10_000, 'conntrack.drop': 2_000 } };
    const after = runOf('b', LIMIT.loads, away([[20, 140]]), drops);
    const [change, ...others] = changesOf([LIMITED], [after]);
    expect(change).toMatchObject({ id: 'open-limit', status: 'other' });
    expect(change!.sentence).toMatch(
      /of its arm keep stalled after it, by another cause now: this machine itself: its own firewall/,
    );
    expect(others).toMatchObject([{ id: 'probe', status: 'new' }]);
  });

  it('says of what had no name before that it is gone, and of what has none after that it is new', () => {
    const loads = [caseOf('loss').loads[0]!];
    const ill = runOf('a', loads, lossy(0.05, randomOf(3)));
    expect(ill.facts.diagnosis!.verdict).toBe('cannot-tell');
    const clean = runOf('b', loads, {});
    expect(changesOf([ill], [clean])).toMatchObject([
      {
        id: null,
        status: 'gone',
        sentence: expect.stringMatching(/by a cause that cannot be told: gone, whatever it was/),
      },
    ]);
    expect(changesOf([clean], [ill])).toMatchObject([
      { id: null, status: 'new', sentence: expect.stringMatching(/^New after the change: Cannot tell: /) },
    ]);
    expect(changesOf([clean], [clean])).toEqual([]);
  });

  it('is said in the terminal, in Markdown, in the report and in JSON', () => {
    const comparison = compareRuns([LIMITED], [HEALTHY]);
    const plain = (text: string): string => text.replace(/\s+/g, ' ');
    const sentence = 'gone: after it the same arms are clean';
    expect(plain(renderComparison(comparison, { colour: false, width: 60, all: false }))).toContain(sentence);
    expect(renderComparisonMarkdown(comparison, { all: false })).toContain(sentence);
    expect(comparisonSection(comparison)).toContain(sentence);
    expect(JSON.parse(JSON.stringify(comparison)).diagnosis.changes[0].status).toBe('gone');
  });
});
