import { CUTS } from '../outcome/cut.ts';
import { OUTCOMES } from '../outcome/outcome.ts';

/**
 * What a figure counts, and therefore which bounds make sense for it.
 * `count`: a number; `ratio`: one number divided by another, unbounded; `share`: 0-1, written as a percentage;
 * `timeUs`:
 * microseconds, written as a duration; `rate`: per second, written as a rate.
 */
export type FigureKind = 'count' | 'ratio' | 'share' | 'timeUs' | 'rate';

const COUNTS = [
  'scheduled',
  'started',
  'unsent',
  'established',
  'completed',
  'requests',
  'challenges',
  'healed',
  'slow',
  'bytes',
];
const STALL_COUNTS = ['count', 'recovered', 'frozen', 'unresolved'];
const RAMP_COUNTS = ['scheduled', 'started', 'unsent', 'established', 'completed', 'stalled'];
const TIMES = ['handshakeUs', 'firstByteUs', 'totalUs'];
const PHASES = ['challengeUs', 'tunnelUs', 'tlsUs', 'objectUs', 'pageUs'];
const QUANTILES = ['min', 'mean', 'p50', 'p90', 'p99', 'p999', 'max'];

function timesBelow(prefix: string, times: readonly string[] = TIMES): [string, FigureKind][] {
  return times.flatMap((time) => [
    [`${prefix}${time}.count`, 'count'] as [string, FigureKind],
    ...QUANTILES.map((quantile): [string, FigureKind] => [`${prefix}${time}.${quantile}`, 'timeUs']),
  ]);
}

/**
 * Every figure of an arm in summary.json that a criterion can refer to, by its path below the arm. In addition there
 * are `synRetransmits.<n>`, `requestRetransmits.<n>`, `statuses.<n>` and `tunnelStatuses.<n>`, see {@link figureKind}.
 * A test compares the list with a real summary.
 */
export const FIGURES: ReadonlyMap<string, FigureKind> = new Map<string, FigureKind>([
  ...COUNTS.map((name): [string, FigureKind] => [name, 'count']),
  ['completedShare', 'share'],
  ['achievedPerSec', 'rate'],
  ['connectionsPerRequest', 'ratio'],
  ...STALL_COUNTS.map((name): [string, FigureKind] => [`stalled.${name}`, 'count']),
  ['stalled.rate', 'share'],
  ['stalled.ci95.0', 'share'],
  ['stalled.ci95.1', 'share'],
  ...['p50', 'p99', 'max'].map((name): [string, FigureKind] => [`stalled.ratePerFrame.${name}`, 'share']),
  ...['requestsResent', 'responsesLate'].flatMap((of) => [
    ...['count', 'measured'].map((name): [string, FigureKind] => [`${of}.${name}`, 'count']),
    ...['rate', 'ci95.0', 'ci95.1'].map((name): [string, FigureKind] => [`${of}.${name}`, 'share']),
  ]),
  ...timesBelow(''),
  ...timesBelow('', ['rttUs']),
  ...timesBelow('service.'),
  ...timesBelow('phases.', PHASES),
  ['tokens.minted', 'count'],
  ['tokens.discarded', 'count'],
  ...timesBelow('tokens.', ['mintUs']),
  ...['pages', 'pagesFailed', 'connectionsWithoutRequest'].map((name): [string, FigureKind] => [
    `browsing.${name}`,
    'count',
  ]),
  ...['connectionsPerPage', 'challengesPerPage', 'synsPerStall'].map((name): [string, FigureKind] => [
    `browsing.${name}`,
    'ratio',
  ]),
  ['ports.users', 'count'],
  ...['perUser', 'open', 'held30s', 'held120s'].flatMap((of) =>
    ['p50', 'p90', 'max'].map((name): [string, FigureKind] => [`ports.${of}.${name}`, 'count']),
  ),
  ...OUTCOMES.map((name): [string, FigureKind] => [`outcomes.${name}`, 'count']),
  ...CUTS.map((name): [string, FigureKind] => [`cuts.${name}`, 'count']),
  ...RAMP_COUNTS.map((name): [string, FigureKind] => [`ramp.${name}`, 'count']),
]);

/** Counts by number: retransmissions and HTTP statuses (RFC 9110 section 15), or `other` for what is not a status. */
const NUMBERED = /^((synRetransmits|requestRetransmits)\.\d+|(statuses|tunnelStatuses)\.([1-5]\d\d|other))$/;

/** What the figure at this path counts; undefined if there is no such figure. */
export function figureKind(path: string): FigureKind | undefined {
  return NUMBERED.test(path) ? 'count' : FIGURES.get(path);
}
