import { describe, expect, it } from 'vitest';
import type { DiagnosedCause, Diagnosis } from '../../../src/analysis/causes/diagnosis.ts';
import { findCauseChanges } from '../../../src/analysis/trend/causes.ts';
import { judgeTrend } from '../../../src/analysis/trend/trend.ts';
import { renderTrend } from '../../../src/render/trend.ts';
import { nightOf } from './simulated-nights.ts';

const cause = (id: string, status: DiagnosedCause['status']): DiagnosedCause => ({
  ...{ id, name: `a ${id}`, status, proof: '' },
  ...{ for: [], against: [], next: [] },
});
const diagnosis = (verdict: Diagnosis['verdict'], ...causes: DiagnosedCause[]): Diagnosis => ({
  ...{ verdict, text: `${verdict}.`, causes },
  ...{ symptoms: [], decide: [] },
});
const healthy = diagnosis('healthy');
const none = diagnosis('none');
const limit = diagnosis('named', cause('limit', 'named'), cause('loss', 'excluded'));
const loss = diagnosis('named', cause('loss', 'named'));
const either = diagnosis('cannot-tell', cause('limit', 'possible'), cause('outage', 'possible'));
const third = diagnosis('cannot-tell', cause('loss', 'possible'), cause('limit', 'excluded'));

function changesOf(nights: readonly Diagnosis[]): readonly string[] {
  const dated = nights.map((one, index) => ({
    id: `n${index}`,
    date: `2026-11-${10 + index}`,
    diagnosis: one,
  }));
  return findCauseChanges(dated).changes.map(({ sentence }) => sentence);
}

describe('a change of cause between nights', () => {
  it('is named, with what was before', () => {
    expect(changesOf([healthy, healthy, limit, limit, limit])).toEqual([
      'since 2026-11-12: a limit (3 nights); before: healthy (2 nights)',
    ]);
    expect(changesOf([limit, loss, healthy])).toEqual([
      'since 2026-11-11: a loss (1 night); before: a limit (1 night)',
      'since 2026-11-12: healthy (1 night); before: a loss (1 night)',
    ]);
  });

  it('is not claimed of nights that may well have the same, nor of those without a verdict', () => {
    expect(changesOf([limit, either, none, limit])).toEqual([]);
    expect(changesOf([either, limit, either])).toEqual([]);
    expect(changesOf([healthy, none, healthy])).toEqual([]);
  });

  it('is one where what was named is excluded, or nothing can be told any more', () => {
    expect(changesOf([limit, third])).toEqual([
      'since 2026-11-11: ill, and it cannot be told by what (a loss) (1 night); before: a limit (1 night)',
    ]);
    expect(changesOf([healthy, either])).toEqual([
      'since 2026-11-11: ill, and it cannot be told by what (a limit; a outage) (1 night); before: healthy (1 night)',
    ]);
    // What both may be is not the third's.
    expect(changesOf([either, limit, loss])).toHaveLength(1);
  });

  it('stands in the trend of nights, in text and in JSON', () => {
    const nights = [healthy, healthy, limit].map((one, index) =>
      nightOf(index, Date.UTC(2026, 10, 12 + index, 1), {}, { diagnosis: one }),
    );
    const trend = judgeTrend(nights, { timeZone: 'UTC', weekdays: false, notes: [] });
    expect(trend).toMatchObject({
      cause: 'a limit',
      causeChanges: [{ date: '2026-11-14', from: 'healthy', to: 'a limit' }],
    });
    expect(trend.nights.map((night) => night.diagnosis?.verdict)).toEqual(['healthy', 'healthy', 'named']);
    expect(trend.nights[2]!.diagnosis!.named).toEqual(['limit']);
    const text = renderTrend(trend, { colour: false, width: 100, all: false });
    expect(text).toContain('since 2026-11-14: a limit (1 night); before: healthy (2 nights)');
    const same = judgeTrend(nights.slice(2), { timeZone: 'UTC', weekdays: false, notes: [] });
    expect(renderTrend(same, { colour: false, width: 100, all: false })).toContain(
      'in all nights that tell: a limit',
    );
  });
});
