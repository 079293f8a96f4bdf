import { listDeciding, type ShareFigure } from '../compare/arm-figures.ts';
import { type Candidate, judgeLines } from '../compare/lines.ts';
import type { ReducedRun } from '../compare/ratio.ts';
import type { ComparisonLine } from '../compare/types.ts';
import { concludeFrom } from '../compare/verdict.ts';
import type { PartRun, SiteSummary } from './types.ts';

/** A site, with the runs of it that can be judged. */
export interface JudgedSite {
  readonly name: string;
  readonly runs: readonly PartRun[];
}

export interface SiteJudgement {
  readonly verdict: 'ill' | 'not-ill' | 'cannot-tell';
  readonly lines: readonly ComparisonLine[];
}

/**
 * Which sites are ill beside the others. Each is compared with all that are not ill together, by the tests of a comparison of runs, and
 * all sites and arms are corrected together: at most one fleet in twenty without any difference has a site called ill. Which ones are
 * not ill shows step by step: sites that are found ill are left out of what the others are compared with, or one that is very ill
 * would hide another that is less so.
 */
export function judgeSites(sites: readonly JudgedSite[]): Map<string, SiteJudgement> {
  const figures = listDeciding(sites.some(({ runs }) => runs.some(({ isConcluded }) => isConcluded)));
  let reference = new Set(sites.map(({ name }) => name));
  for (;;) {
    const judged = judgeAgainst(sites, reference, figures);
    const left = new Set([...reference].filter((name) => judged.get(name)?.verdict !== 'ill'));
    // None is left where each is the worst in something.
    if (left.size === reference.size || left.size === 0) return judged;
    reference = left;
  }
}

function judgeAgainst(
  sites: readonly JudgedSite[],
  reference: ReadonlySet<string>,
  figures: readonly ShareFigure[],
): Map<string, SiteJudgement> {
  const owners: string[] = [];
  const candidates: Candidate[] = [];
  for (const site of sites) {
    const among = sites.filter(({ name }) => name !== site.name && reference.has(name));
    // The only one that is left stands beside all that are ill.
    const others = (among.length > 0 ? among : sites.filter(({ name }) => name !== site.name)).flatMap(
      ({ runs }) => runs,
    );
    for (const candidate of listCandidates(site.runs, others, figures)) {
      owners.push(site.name);
      candidates.push(candidate);
    }
  }
  const lines = judgeLines(candidates);
  return new Map(
    sites.map(({ name }) => {
      const own = lines.filter((_, index) => owners[index] === name);
      return [name, { verdict: concludeSite(own), lines: own }];
    }),
  );
}

function concludeSite(lines: readonly ComparisonLine[]): SiteJudgement['verdict'] {
  const { verdict } = concludeFrom(lines, false);
  if (verdict === 'worse' || verdict === 'mixed') return 'ill';
  return verdict === 'better' || verdict === 'no difference seen' ? 'not-ill' : 'cannot-tell';
}

function listCandidates(
  own: readonly PartRun[],
  others: readonly PartRun[],
  figures: readonly ShareFigure[],
): Candidate[] {
  const arms = [...new Set(own.flatMap(({ reduced }) => [...reduced.keys()]))];
  return arms.flatMap((arm) =>
    figures.flatMap((figure): Candidate[] => {
      const before = figure.measureReduced(reducedOf(others, arm, figure.name));
      const after = figure.measureReduced(reducedOf(own, arm, figure.name));
      return before === undefined || after === undefined ? [] : [{ arm, figure, before, after }];
    }),
  );
}

/** Runs that were too short to tell how much they vary would leave all others without a judgement. */
function reducedOf(runs: readonly PartRun[], arm: string, figure: string): ReducedRun[] {
  return runs.flatMap(({ reduced }) => {
    const one = reduced.get(arm)?.get(figure);
    return one?.ofPart === undefined ? [] : [one];
  });
}

/**
 * Whether generator-limited probes leave nothing to judge: no site by itself, or none beside others. It is no verdict on
 * any firewall then.
 */
export function isWithoutVerdict(sites: readonly Pick<SiteSummary, 'status'>[]): boolean {
  const judged = sites.filter(({ status }) => status !== 'generator-limited' && status !== 'no-data');
  const least = Math.min(2, sites.length);
  return judged.length < least && sites.some(({ status }) => status === 'generator-limited');
}
