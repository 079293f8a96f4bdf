import type { MeasuredComparison } from '../compare/compare.ts';
import { judgeLines } from '../compare/lines.ts';
import type { Comparison, ComparisonVerdict } from '../compare/types.ts';

/** Two runs of a fleet, site by site: the stable contract. New fields may be added; none changes meaning within a schema number. */
export interface FleetComparison {
  schema: 1;
  /** Ids of the two runs. */
  before: string;
  after: string;
  /** What became of the sites, in a sentence. */
  text: string;
  /** In order of their names; p is corrected for all sites. */
  sites: { name: string; comparison: Comparison }[];
  /** Sites that are not compared, and why. */
  unjudged: { name: string; why: string }[];
  /** Probes that count on neither side, and why. */
  leftOut: { run: string; probe: string; why: string; generatorLimited: boolean }[];
}

export interface MeasuredSite {
  readonly name: string;
  readonly measured: MeasuredComparison;
}

/**
 * Judges the comparisons of all sites together, so that at most one comparison of fleets in twenty without any change has a site in
 * which something is said to have changed.
 */
export function judgeComparisons(sites: readonly MeasuredSite[]): FleetComparison['sites'] {
  const lines = judgeLines(sites.flatMap(({ measured }) => measured.candidates));
  let from = 0;
  return sites.map(({ name, measured }) => {
    const own = lines.slice(from, from + measured.candidates.length);
    from += measured.candidates.length;
    return { name, comparison: measured.conclude(own) };
  });
}

const WORDS: readonly (readonly [ComparisonVerdict, string])[] = [
  ['worse', 'worse'],
  ['mixed', 'mixed'],
  ['better', 'better'],
  ['no difference seen', 'no difference seen'],
  ['cannot tell', 'cannot tell'],
  ['none', 'generator-limited'],
];

/** `Worse: leeds. Better: york. No difference seen: 12 sites.` */
export function describeComparisons({
  sites,
  unjudged,
}: Pick<FleetComparison, 'sites' | 'unjudged'>): string {
  const said = WORDS.flatMap(([verdict, words]) => {
    const names = sites.filter(({ comparison }) => comparison.verdict === verdict).map(({ name }) => name);
    return names.length === 0 ? [] : [`${upperFirst(words)}: ${listSites(names)}.`];
  });
  const left = unjudged.length === 0 ? [] : [`Not compared: ${listSites(unjudged.map(({ name }) => name))}.`];
  return [...said, ...left].join(' ') || 'The runs have no site in common.';
}

/** More than this are counted. */
const MOST_NAMED = 10;

function listSites(names: readonly string[]): string {
  return names.length > MOST_NAMED ? `${names.length} sites` : names.join(', ');
}

function upperFirst(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
