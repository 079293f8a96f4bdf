import type { CommonCause, ProbeSummary, SiteDiagnosis, SiteSummary } from './types.ts';

/** What the runs of a site's probes say together. */
export function diagnoseSite(probes: readonly ProbeSummary[]): SiteDiagnosis {
  const told = probes.filter(({ diagnosis, generatorLimited }) => diagnosis !== null && !generatorLimited);
  const verdicts = new Set(told.map(({ diagnosis }) => diagnosis!.verdict));
  const [first] = told;
  const named = (first?.diagnosis?.named ?? []).filter(({ id }) =>
    told.every(({ diagnosis }) => diagnosis!.named.some((cause) => cause.id === id)),
  );
  if (told.length === 0 || first === undefined)
    return {
      verdict: 'none',
      text: 'none of its runs says anything about what it tested',
      named: [],
      said: [],
    };
  const texts = new Map<string, string[]>();
  for (const { probe, diagnosis } of told)
    texts.set(diagnosis!.text, [...(texts.get(diagnosis!.text) ?? []), probe]);
  const said = [...texts].map(([text, by]) => ({ text, probes: by }));
  const text = said
    .map((one) => (said.length === 1 ? one.text : `${one.probes.join(', ')}: ${one.text}`))
    .join(' ');
  return { verdict: verdicts.size === 1 ? first.diagnosis!.verdict : 'mixed', text, named, said };
}

/**
 * What all sites behind one model of firewall have in common, and no other site: a cause that each of their runs names, or that they are
 * ill beside the others. It is said of two sites or more only, all of whose data say it, and only where there is another to differ.
 */
export function findCommon(sites: readonly SiteSummary[]): CommonCause[] {
  const told = sites.filter(({ status }) => status !== 'no-data' && status !== 'generator-limited');
  const models = [...new Set(told.flatMap(({ firewalls }) => firewalls))].sort();
  return models.flatMap((firewall) => {
    // What a site with two models shows may be of either: with one, nothing is said.
    const own = told.filter(({ firewalls }) => firewalls.length === 1 && firewalls[0] === firewall);
    const others = told.filter(({ firewalls }) => !firewalls.includes(firewall));
    if (own.length < 2 || others.length === 0 || own.length + others.length < told.length) return [];
    const names = own.map(({ name }) => name);
    const all = `all ${own.length} sites with firewall ${firewall}`;
    const no = `${others.length === 1 ? 'not at the other site' : `at none of ${others.length} other sites`}`;
    const causes = (own[0]?.diagnosis.named ?? [])
      .filter(({ id }) => own.every((site) => namedIds(site).includes(id)))
      // Where another cannot tell, it may be the same there.
      .filter(({ id }) => others.every((site) => isKnown(site) && !namedIds(site).includes(id)))
      .map(
        (cause): CommonCause => ({ firewall, cause, sites: names, text: `${cause.name}: at ${all}, ${no}` }),
      );
    if (causes.length > 0) return causes;
    const areIll =
      own.every(({ status }) => status === 'ill') && others.every(({ status }) => status === 'not-ill');
    return areIll
      ? [
          {
            firewall,
            cause: null,
            sites: names,
            text: `${all} are ill, and of ${others.length} others none is`,
          },
        ]
      : [];
  });
}

function namedIds({ diagnosis }: SiteSummary): string[] {
  return diagnosis.named.map(({ id }) => id);
}

function isKnown({ diagnosis: { verdict } }: SiteSummary): boolean {
  return verdict === 'healthy' || verdict === 'named';
}
