/**
 * What a figure counts, and so which bounds make sense for it.
 * `count`: a number; `share`: 0-1, written as a percentage; `timeUs`: microseconds, written as a length of time;
 * `rate`: a second, written as a rate.
 */
export type FigureKind = 'count' | 'share' | 'timeUs' | 'rate';

const COUNTS = ['scheduled', 'started', 'unsent', 'established', 'completed', 'healed', 'slow', 'bytes'];
const STALL_COUNTS = ['count', 'recovered', 'frozen', 'unresolved'];
const RAMP_COUNTS = ['scheduled', 'started', 'unsent', 'established', 'completed', 'stalled'];
const TIMES = ['handshakeUs', 'firstByteUs', 'totalUs'];
const QUANTILES = ['min', 'mean', 'p50', 'p90', 'p99', 'p999', 'max'];

/** The outcomes of src/outcome, which this room must not import; a test compares the two lists. */
const OUTCOMES = [
  'ok',
  'handshake-timeout',
  'handshake-refused',
  'handshake-reset',
  'handshake-unreachable',
  'unexpected-handshake',
  'response-timeout',
  'response-reset',
  'response-unreachable',
  'response-empty',
  'response-truncated',
  'response-garbage',
  'unexpected-status',
  'never-closed',
  'held-cut',
  'local-failure',
  'abandoned',
  'local-port-exhausted',
  'local-port-in-use',
  'local-fd-exhausted',
  'local-no-memory',
  'local-no-route',
  'local-denied',
  'local-start-failure',
  'unsent-late',
  'unsent-open-limit',
  'unsent-no-port',
];

function timesBelow(prefix: string): [string, FigureKind][] {
  return TIMES.flatMap((time) => [
    [`${prefix}${time}.count`, 'count'] as [string, FigureKind],
    ...QUANTILES.map((quantile): [string, FigureKind] => [`${prefix}${time}.${quantile}`, 'timeUs']),
  ]);
}

/**
 * Every figure of an arm in summary.json that a criterion can be held against, by its path below the arm. Besides
 * these there is `synRetransmits.<n>`, see {@link figureKind}. A test compares the list with a real summary.
 */
export const FIGURES: ReadonlyMap<string, FigureKind> = new Map<string, FigureKind>([
  ...COUNTS.map((name): [string, FigureKind] => [name, 'count']),
  ['completedShare', 'share'],
  ['achievedPerSec', 'rate'],
  ...STALL_COUNTS.map((name): [string, FigureKind] => [`stalled.${name}`, 'count']),
  ['stalled.rate', 'share'],
  ['stalled.ci95.0', 'share'],
  ['stalled.ci95.1', 'share'],
  ...['p50', 'p99', 'max'].map((name): [string, FigureKind] => [`stalled.ratePerFrame.${name}`, 'share']),
  ...timesBelow(''),
  ...timesBelow('service.'),
  ...OUTCOMES.map((name): [string, FigureKind] => [`outcomes.${name}`, 'count']),
  ...RAMP_COUNTS.map((name): [string, FigureKind] => [`ramp.${name}`, 'count']),
]);

/** What the figure at this path counts; undefined where there is no such figure. */
export function figureKind(path: string): FigureKind | undefined {
  return /^synRetransmits\.\d+$/.test(path) ? 'count' : FIGURES.get(path);
}
