import { describe, expect, it } from 'vitest';
import type { DiagnosedCause, Diagnosis } from '../../../src/analysis/causes/diagnosis.ts';
import { combineNight, type NightFacts } from '../../../src/analysis/night/combine.ts';

const cause = (id: string, status: DiagnosedCause['status']): DiagnosedCause => ({
  ...{ id, name: `a ${id}`, status, proof: 'proof' },
  ...{ for: [`for ${id}`], against: status === 'excluded' ? [`against ${id}`] : [], next: [`mend ${id}`] },
});
const said = (verdict: Diagnosis['verdict'], ...causes: DiagnosedCause[]): Diagnosis => ({
  ...{ verdict, text: `Text of ${causes[0]?.id ?? verdict}.`, causes },
  ...{ symptoms: [], ill: [{ arm: 'stress', kind: 'stalled', count: 10, of: 100 }], decide: [] },
});
const NAMED = said('named', cause('limit', 'named'), cause('loss', 'excluded'));
const LOSS = said('named', cause('loss', 'named'), cause('limit', 'excluded'));
const OPEN = said('cannot-tell', cause('limit', 'possible'), cause('loss', 'possible'));
const NOT_LIMIT = said('cannot-tell', cause('loss', 'possible'), cause('limit', 'excluded'));

function combine(whole: Diagnosis, ...parts: Diagnosis[]): Diagnosis {
  const periods = parts.map((_, index) => ({ fromSec: index * 1_200, toSec: index * 1_200 + 600 }));
  const facts: NightFacts = {
    ...{ whole, ill: { windows: 480, lengthSec: 60, periods } },
    weighed: parts.map((diagnosis, index) => ({ stretch: periods[index]!, diagnosis })),
    startedAtMs: Date.UTC(2025, 0, 31, 22),
    ...{ started: { stress: 40_000 }, outside: { started: 38_000, ill: 3 } },
  };
  return combineNight(facts);
}

const namedIn = ({ causes }: Diagnosis): string[] =>
  causes.filter(({ status }) => status === 'named').map(({ id }) => id);

describe('periods of a night', () => {
  it('are one diagnosis where all show the same, with when', () => {
    const night = combine(OPEN, NAMED, NAMED);
    expect(night).toMatchObject({ verdict: 'named', windows: { count: 480, ill: 20 } });
    expect(namedIn(night)).toEqual(['limit']);
    expect(night.text).toBe(
      'Text of limit. This was so from 22:00:00 to 22:10:00 UTC (10 of 480 windows), 22:20:00 to 22:30:00 UTC (10 of 480 windows). In the other 460 windows 3 of 38,000 handshakes stalled or were refused.',
    );
  });

  it('name what the whole night names unless one excludes it', () => {
    expect(namedIn(combine(NAMED, NAMED, OPEN))).toEqual(['limit']);
    const night = combine(NAMED, NAMED, NOT_LIMIT);
    expect(night.verdict).toBe('cannot-tell');
    expect(night.text).toContain('22:20:00 to 22:30:00 UTC (10 of 480 windows): Text of loss.');
  });

  it('name nothing that the whole night contradicts', () => {
    const night = combine(NOT_LIMIT, NAMED);
    expect(night.verdict).toBe('cannot-tell');
    expect(namedIn(night)).toEqual([]);
    expect(night.text).toContain('But over the whole night: against limit.');
  });

  it('each keep their own cause, and say when it held', () => {
    const night = combine(NOT_LIMIT, NAMED, LOSS);
    expect(night.verdict).toBe('named');
    expect(namedIn(night).toSorted()).toEqual(['limit', 'loss']);
    expect(night.causes.find(({ id }) => id === 'loss')!.for).toContain('22:20:00 to 22:30:00 UTC: for loss');
    expect(night.periods!.map(({ causes }) => causes.map(({ id }) => id))).toEqual([['limit'], ['loss']]);
  });

  it('say nothing of a night without a verdict', () => {
    const none = said('none');
    expect(combine(none, NAMED)).toMatchObject({ verdict: 'none', text: none.text });
  });
});
