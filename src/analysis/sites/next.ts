import { sumOverArms } from './sums.ts';
import type { NextRun, ProbeSummary, SiteSummary } from './types.ts';

/** Of sites that are ill, so many are given a probe to begin with. */
const MOST_NEXT = 3;

/**
 * Probes whose own diagnoses say more of why sites are ill: of each site the one with the most stalls, the worst sites first. Where
 * none is ill beside others, but handshakes stalled at the only site or made criteria fail, it is the worst of all probes.
 */
export function chooseNext(sites: readonly SiteSummary[], probes: readonly ProbeSummary[]): NextRun[] {
  const stalling = probes
    .flatMap((probe): (ProbeSummary & { readonly share: number })[] => {
      const { started, stalled } = sumOverArms({ arms: probe.arms ?? {} });
      return stalled > 0 && !probe.generatorLimited ? [{ ...probe, share: stalled / started }] : [];
    })
    .sort((a, b) => b.share - a.share);
  const ill = new Set(sites.filter(({ status }) => status === 'ill').map(({ name }) => name));
  const chosen =
    ill.size > 0
      ? stalling
          .filter(({ site }) => ill.has(site))
          .filter(({ site }, index, all) => all.findIndex((one) => one.site === site) === index)
      : stalling
          .filter(
            ({ pass, diagnosis }) =>
              pass === false || (sites.length === 1 && diagnosis?.verdict !== 'healthy'),
          )
          .slice(0, 1);
  return chosen
    .slice(0, MOST_NEXT)
    .flatMap(({ site, probe, folder }) => (folder === null ? [] : [{ site, probe, folder }]));
}
