import { judgeTrends } from '../trend/trend.ts';
import type { SoakRun, Trend } from '../trend/types.ts';

/** The nights of one probe, oldest first. */
export interface ProbeNights {
  readonly site: string;
  readonly probe: string;
  readonly nights: readonly SoakRun[];
  /** Remarks on the choice of nights. */
  readonly notes: readonly string[];
}

export interface ProbeTrend {
  readonly site: string;
  readonly probe: string;
  readonly trend: Trend;
}

/** Nights of a fleet, probe by probe: the stable contract. New fields may be added; none changes meaning within a schema number. */
export interface FleetTrend {
  readonly schema: 1;
  /** `fail`: a --fail-if holds at a site; `cannot-tell`: none does, but at a site there is too little to tell. */
  readonly verdict: Trend['verdict'];
  /** What became of the sites, in a sentence. */
  readonly text: string;
  /** By site, then by probe; p is corrected for all of them together. */
  readonly probes: readonly ProbeTrend[];
  /** Probes of which no night can be read, and why. */
  readonly leftOut: readonly { readonly probe: string; readonly why: string }[];
}

/**
 * Judges the nights of all probes together, so that at most one trend of a fleet in twenty without any change has a probe at which
 * something is said to have changed. Each probe is compared with its own nights: two of one site need not measure alike.
 */
export function judgeFleetTrend(
  probes: readonly ProbeNights[],
  options: { readonly timeZone: string; readonly weekdays: boolean },
): ProbeTrend[] {
  const sorted = [...probes].sort((a, b) => compareTexts(a.site, b.site) || compareTexts(a.probe, b.probe));
  const trends = judgeTrends(sorted, options);
  return sorted.map(({ site, probe }, index) => ({ site, probe, trend: trends[index]! }));
}

type Became = 'worse' | 'better' | 'no change seen' | 'cannot tell';

/** By what decides, if any of it changed; or else by whatever did. */
export function becameOf({ lines, sentence }: Trend): Became {
  const found = lines.filter(({ verdict }) => verdict === 'changed' || verdict === 'drifted');
  const deciding = found.filter(({ decides }) => decides);
  const heard = deciding.length > 0 ? deciding : found;
  if (heard.some(({ worse }) => worse === true)) return 'worse';
  if (heard.length > 0) return 'better';
  return sentence.startsWith('Cannot tell') ? 'cannot tell' : 'no change seen';
}

const ORDER: readonly Became[] = ['worse', 'better', 'no change seen', 'cannot tell'];
/** More than this are counted. */
const MOST_NAMED = 10;

/** `Worse: leeds. No change seen: hull, york.` A site is what the worst of its probes is; what is known of one counts. */
export function describeFleetTrend(probes: readonly ProbeTrend[]): string {
  const sites = new Map<string, Became>();
  for (const { site, trend } of probes) {
    const became = becameOf(trend);
    const known = sites.get(site);
    if (known === undefined || ORDER.indexOf(became) < ORDER.indexOf(known)) sites.set(site, became);
  }
  const said = ORDER.flatMap((became) => {
    const names = [...sites].filter(([, each]) => each === became).map(([name]) => name);
    if (names.length === 0) return [];
    const named = names.length > MOST_NAMED ? `${names.length} sites` : names.join(', ');
    return [`${became.charAt(0).toUpperCase()}${became.slice(1)}: ${named}.`];
  });
  return said.join(' ') || 'There are no nights.';
}

function compareTexts(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
