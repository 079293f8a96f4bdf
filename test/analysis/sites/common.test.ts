import { describe, expect, it } from 'vitest';
import { summariseFleet } from '../../../src/analysis/sites/summarise.ts';
import type { FleetSummary } from '../../../src/analysis/sites/types.ts';
import type { Diagnosis } from '../../../src/analysis/types.ts';
import { partOf, runOf } from './parts.ts';

const REUSE = { id: 'early-reuse', name: 'ports reused early' };
const LIMIT = { id: 'rate-limit', name: 'a rate limit' };

const diagnosisOf = (verdict: Diagnosis['verdict'], cause?: typeof REUSE): Diagnosis => ({
  ...{ verdict, text: `${verdict} ${cause?.id ?? ''}`, symptoms: [], decide: [] },
  causes:
    cause === undefined
      ? []
      : [{ ...cause, status: 'named', ...{ for: [], against: [], next: [], proof: '' } }],
});

type Site = readonly [
  site: string,
  firewall: string | undefined,
  verdict: Diagnosis['verdict'],
  cause?: typeof REUSE,
];

/** One probe each; those that are not healthy stall. */
function summarise(sites: readonly Site[]): FleetSummary {
  const parts = sites.map(([site, firewall, verdict, cause]) =>
    partOf(
      site,
      { site, ...(firewall !== undefined && { firewall }) },
      runOf(
        Array.from({ length: 60 }, (_, second) => (verdict === 'healthy' ? 0 : (second % 3) + 20)),
        200,
        { diagnosis: diagnosisOf(verdict, cause) },
      ),
    ),
  );
  return summariseFleet({ id: 'run', startsAtMs: 0 }, parts);
}

const saidOf = (...sites: Site[]) => summarise(sites).common.map(({ text }) => text);

const ILL: readonly Site[] = [
  ['a', 'old', 'named', REUSE],
  ['b', 'old', 'named', REUSE],
];
const HEALTHY: readonly Site[] = [
  ['x', 'new', 'healthy'],
  ['y', undefined, 'healthy'],
];

describe('what sites behind one model of firewall have in common', () => {
  it('is a cause that all of them name, and no other site', () => {
    expect(saidOf(...ILL, ...HEALTHY)).toEqual([
      'ports reused early: at all 2 sites with firewall old, at none of 2 other sites',
    ]);
    expect(summarise([...ILL, ...HEALTHY]).common[0]).toMatchObject({
      ...{ firewall: 'old', cause: REUSE, sites: ['a', 'b'] },
    });
    // Another cause at another site does not contradict it.
    expect(saidOf(...ILL, ['x', 'new', 'named', LIMIT])).toEqual([
      'ports reused early: at all 2 sites with firewall old, not at the other site',
    ]);
  });

  it('is not said of one site, where nothing else is, or where one of them is without it', () => {
    expect(saidOf(ILL[0]!, ...HEALTHY)).toEqual([]);
    expect(saidOf(...ILL)).toEqual([]);
    expect(saidOf(...ILL, ['c', 'old', 'healthy'], ...HEALTHY)).toEqual([]);
  });

  it('is not said where it was named elsewhere as well, or may be there', () => {
    expect(saidOf(...ILL, ['x', 'new', 'named', REUSE])).toEqual([]);
    expect(saidOf(...ILL, ['x', 'new', 'cannot-tell'], ['y', 'new', 'healthy'])).toEqual([]);
  });

  it('is that they are ill, where their runs do not name the same', () => {
    expect(saidOf(ILL[0]!, ['b', 'old', 'cannot-tell'], ...HEALTHY)).toEqual([
      'all 2 sites with firewall old are ill, and of 2 others none is',
    ]);
  });
});

it('a site says what all of its probes name, and that they do not agree', () => {
  const run = (cause: typeof REUSE) =>
    runOf(new Array(60).fill(3), 40, { diagnosis: diagnosisOf('named', cause) });
  const { sites } = summariseFleet({ id: 'run', startsAtMs: 0 }, [
    partOf('a-1', { site: 'a' }, run(REUSE)),
    partOf('a-2', { site: 'a' }, run(REUSE)),
    partOf('b-1', { site: 'b' }, run(REUSE)),
    partOf('b-2', { site: 'b' }, run(LIMIT)),
  ]);
  expect(sites.map(({ diagnosis }) => diagnosis)).toEqual([
    {
      ...{ verdict: 'named', text: 'named early-reuse', named: [REUSE] },
      said: [{ text: 'named early-reuse', probes: ['a-1', 'a-2'] }],
    },
    {
      ...{ verdict: 'named', text: 'b-1: named early-reuse b-2: named rate-limit', named: [] },
      said: [
        { text: 'named early-reuse', probes: ['b-1'] },
        { text: 'named rate-limit', probes: ['b-2'] },
      ],
    },
  ]);
});
