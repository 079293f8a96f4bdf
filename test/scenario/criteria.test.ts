import { describe, expect, it } from 'vitest';
import type { ArmSummary, Quantiles } from '../../src/analysis/types.ts';
import { CUTS } from '../../src/outcome/cut.ts';
import { OUTCOMES, type Outcome } from '../../src/outcome/outcome.ts';
import { parseCriterion } from '../../src/scenario/criteria.ts';
import { FIGURES, figureKind } from '../../src/scenario/figures.ts';

describe('a criterion', () => {
  it.each([
    ['stress.stalled.rate < 0.1%', 'stress', ['stalled', 'rate'], '<', 0.001],
    ['*.handshakeUs.p99 < 50ms', '*', ['handshakeUs', 'p99'], '<', 50_000],
    ['probe.outcomes.unexpected-handshake == 0', 'probe', ['outcomes', 'unexpected-handshake'], '==', 0],
    ['stress.achievedPerSec >= 950/s', 'stress', ['achievedPerSec'], '>=', 950],
    ['stress.achievedPerSec>=57k/min', 'stress', ['achievedPerSec'], '>=', 950],
    ['a-b_1.service.totalUs.max <= 1.5s', 'a-b_1', ['service', 'totalUs', 'max'], '<=', 1_500_000],
    ['a.synRetransmits.2 != 7', 'a', ['synRetransmits', '2'], '!=', 7],
    ['a.completedShare > 0.99', 'a', ['completedShare'], '>', 0.99],
    ['a.connectionsPerRequest < 1.05', 'a', ['connectionsPerRequest'], '<', 1.05],
    ['hit.statuses.503 == 0', 'hit', ['statuses', '503'], '==', 0],
    ['hit.tunnelStatuses.other == 0', 'hit', ['tunnelStatuses', 'other'], '==', 0],
    ['a.phases.tunnelUs.p99 < 1s', 'a', ['phases', 'tunnelUs', 'p99'], '<', 1_000_000],
  ])('%s', (text, arm, path, operator, bound) => {
    expect(parseCriterion(text)).toEqual({ text, arm, path, operator, bound });
  });

  it.each([
    ['stress.stalled.rte < 0.1%', 'there is no figure "stalled.rte"', 'did you mean "stalled.rate"?'],
    ['stress.handshake.p99 < 1s', 'there is no figure "handshake.p99"', 'did you mean "handshakeUs.p99"?'],
    [
      'stress.outcomes.handshake-timout == 0',
      'there is no figure',
      'did you mean "outcomes.handshake-timeout"?',
    ],
    ['stress.statuses.5O3 == 0', 'there is no figure "statuses.5O3"', 'such as statuses.503'],
    ['stress.statuses.99 == 0', 'there is no figure', 'from 100 to 599'],
    ['stress.statuses.600 == 0', 'there is no figure', 'or statuses.other'],
    ['stress.status.503 == 0', 'there is no figure "status.503"', 'such as statuses.503'],
    ['stress.tunnelStatuses == 0', 'there is no figure', 'such as tunnelStatuses.503'],
    ['stress.stalled < 1', 'there is no figure "stalled"', 'one figure of it: stalled.count'],
    ['stress.stalled.rate < 5', '"5" is not a bound', 'percentage'],
    ['stress.handshakeUs.p99 < 50', '"50" is not a bound', 'with its unit'],
    ['stress.unsent < 1%', '"1%" is not a bound', 'plain number'],
    ['stress.unsent < -1', '"-1" is not a bound', 'plain number'],
    ['stress.connectionsPerRequest < 5%', '"5%" is not a bound', 'a ratio'],
    ['stress.unsent = 0', 'is not a criterion', '<operator>'],
    ['unsent == 0', 'is not a criterion', '<arm>'],
    ['stress.unsent', 'is not a criterion', '<bound>'],
  ])('is refused with a remedy: %s', (text, why, fix) => {
    expect(() => parseCriterion(text)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(why), hint: expect.stringContaining(fix) }),
    );
  });
});

const quantiles: Quantiles = { count: 0, min: 0, mean: 0, p50: 0, p90: 0, p99: 0, p999: 0, max: 0 };
const times = { handshakeUs: quantiles, firstByteUs: quantiles, totalUs: quantiles };
const counts = { scheduled: 0, started: 0, unsent: 0, established: 0, completed: 0 };
/** What tells when and how stalls came, and counts by names of the far end's: no figures to hold a bound against. */
type Course =
  | 'lost'
  | 'schemesOffered'
  | 'refusals'
  | 'errorNames'
  | 'unmetContent'
  | 'answers'
  | 'proofs'
  | 'byReuseAge'
  | 'onset'
  | 'stallSteps'
  | 'outages';
const spread = { p50: 0, p90: 0, max: 0 };
/** Has every other field that a summary can have; the compiler sees to it. */
const summary: Required<Omit<ArmSummary, Course>> = {
  ...counts,
  completedShare: 0,
  achievedPerSec: 0,
  requests: 0,
  connectionsPerRequest: 0,
  challenges: 0,
  phases: {
    challengeUs: quantiles,
    tunnelUs: quantiles,
    tlsUs: quantiles,
    objectUs: quantiles,
    pageUs: quantiles,
  },
  tokens: { minted: 0, discarded: 0, failures: {}, mintUs: quantiles },
  stalled: {
    count: 0,
    rate: 0,
    ci95: [0, 0],
    recovered: 0,
    frozen: 0,
    unresolved: 0,
    ratePerFrame: { p50: 0, p99: 0, max: 0 },
  },
  healed: 0,
  slow: 0,
  synRetransmits: { 0: 0, 3: 0 },
  requestRetransmits: { 0: 0, 3: 0 },
  requestsResent: { count: 0, measured: 0, rate: 0, ci95: [0, 0] },
  responsesLate: { count: 0, measured: 0, rate: 0, ci95: [0, 0] },
  outcomes: Object.fromEntries(OUTCOMES.map((name) => [name, 0])) as Record<Outcome, number>,
  statuses: { 200: 0, 503: 0, other: 0 },
  tunnelStatuses: { 200: 0, 403: 0 },
  cuts: Object.fromEntries(CUTS.map((how) => [how, 0])),
  bytes: 0,
  ...times,
  rttUs: quantiles,
  service: times,
  browsing: {
    ...{ pages: 0, pagesFailed: 0, connectionsPerPage: 0, challengesPerPage: 0 },
    ...{ connectionsWithoutRequest: 0, synsPerStall: 0 },
  },
  ports: { users: 0, perUser: spread, open: spread, held30s: spread, held120s: spread },
  endpoints: {},
  ramp: { ...counts, stalled: 0 },
};

function pathsOf(value: unknown, path: string[] = []): string[] {
  if (typeof value === 'number') return [path.join('.')];
  return Object.entries(value as object).flatMap(([key, child]) => pathsOf(child, [...path, key]));
}

describe('the list of figures', () => {
  it('has every figure of an arm’s summary, and none that is not there', () => {
    const inSummary = pathsOf(summary);
    expect(inSummary.filter((path) => figureKind(path) === undefined)).toEqual([]);
    expect([...FIGURES.keys()].filter((path) => !inSummary.includes(path))).toEqual([]);
  });

  it('knows times by their name', () => {
    const timed = [...FIGURES].filter(([, kind]) => kind === 'timeUs').map(([path]) => path);
    expect(timed).toHaveLength((2 * 3 + 5 + 1 + 1) * 7);
    expect(timed.every((path) => /Us\.(min|mean|max|p\d+)$/.test(path))).toBe(true);
  });
});
