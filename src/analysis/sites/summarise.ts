import { formatDifference, formatFigure } from '../compare/words.ts';
import { groupThousands } from '../group-digits.ts';
import { diagnoseSite, findCommon } from './common.ts';
import { judgeSites, type SiteJudgement } from './judge.ts';
import { sumOverArms, sumParts } from './sums.ts';
import {
  EXTERNAL_LABEL,
  FIREWALL_LABEL,
  type FleetPart,
  type FleetSummary,
  type GroupSummary,
  type PartRun,
  type ProbeSummary,
  SITE_LABEL,
  type SiteStatus,
  type SiteSummary,
} from './types.ts';

export interface FleetFacts {
  readonly id: string;
  /** Milliseconds since 1970; undefined: not known. */
  readonly startsAtMs: number | undefined;
}

/** Counts are by the second: probes that began further apart than this did not send together. Milliseconds. */
const APART_MS = 1_000;

/** Names that a sentence lists. */
const MOST_NAMED = 10;

/** What became of a fleet's run: sums by site, external address and firewall, and which sites are ill beside the others. */
export function summariseFleet(facts: FleetFacts, parts: readonly FleetPart[]): FleetSummary {
  const probes = parts.map(describeProbe);
  const sites = summariseSites(parts, probes);
  const ill = sites.filter(({ status }) => status === 'ill').map(({ name }) => name);
  const scenarios = [...new Set(parts.flatMap(({ run }) => run?.summary.run.scenario ?? []))];
  return {
    schema: 1,
    run: {
      id: facts.id,
      scenario: scenarios.length === 0 ? null : scenarios.join(', '),
      startsAt: facts.startsAtMs === undefined ? null : new Date(facts.startsAtMs).toISOString(),
    },
    ...{ text: describeSites(sites, refusedOf(sites, probes)), ill, all: sumParts(parts), sites },
    externals: groupBy(parts, ill, externalOf),
    firewalls: groupBy(parts, ill, ({ labels }) => labelOf(labels, FIREWALL_LABEL)),
    probes,
    common: findCommon(sites),
    warnings: warnOf(parts),
  };
}

/** A probe that no site is named for is one by itself. */
export function siteOf({ probe, labels }: Pick<FleetPart, 'probe' | 'labels'>): string {
  return labelOf(labels, SITE_LABEL) ?? probe;
}

function labelOf(labels: FleetPart['labels'], key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

function externalOf({ labels, run }: FleetPart): string | undefined {
  return run?.external ?? labelOf(labels, EXTERNAL_LABEL);
}

function summariseSites(parts: readonly FleetPart[], probes: readonly ProbeSummary[]): SiteSummary[] {
  const grouped = [...groupParts(parts, siteOf)].sort(([a], [b]) => (a < b ? -1 : 1));
  const sites = grouped.map(([name, own]) => {
    const looked = own.map((part) => ({ part, why: whyNotJudged(part) }));
    const runs = looked.flatMap(({ part, why }) =>
      why === undefined && part.run !== undefined ? [part.run] : [],
    );
    return { name, own, runs, looked };
  });
  const judged = judgeSites(sites.filter(({ runs }) => runs.length > 0));
  return sites.map(({ name, own, runs, looked }): SiteSummary => {
    const judgement = judged.get(name);
    const status = judgement === undefined ? statusWithout(own) : judgement.verdict;
    const all =
      judged.size > 1
        ? ''
        : `there is no other site ${sites.length > 1 ? 'that counts ' : ''}to compare it with`;
    return {
      name,
      ...sumParts(own),
      firewalls: [...new Set(own.flatMap(({ labels }) => labelOf(labels, FIREWALL_LABEL) ?? []))],
      status,
      text:
        judgement === undefined ? whyWithout(status, own) : all || describeJudgement(judgement, runs, own),
      lines: [...(judgement?.lines ?? [])],
      diagnosis: diagnoseSite(probes.filter(({ site }) => site === name)),
      unjudged: looked.flatMap(({ part: { probe }, why }) => (why === undefined ? [] : [{ probe, why }])),
    };
  });
}

const WITHOUT: Readonly<Record<SiteStatus, string>> = {
  'no-data': 'nothing that its probes recorded is here',
  'generator-limited': 'its probes were the bottleneck, so that they say nothing about what they tested',
  'cannot-tell': 'too short to tell how much it varies',
  ...{ ill: '', 'not-ill': '' },
};

function whyWithout(status: SiteStatus, parts: readonly Pick<FleetPart, 'status'>[]): string {
  return status === 'no-data' && areRefused(parts) ? REFUSED : WITHOUT[status];
}

const REFUSED = 'its probes refused the run';

function areRefused(parts: readonly Pick<FleetPart, 'status'>[]): boolean {
  return parts.length > 0 && parts.every(({ status }) => status === 'refused');
}

/** Sites of which every probe refused. */
function refusedOf(sites: readonly SiteSummary[], probes: readonly ProbeSummary[]): readonly string[] {
  const names = sites.filter(({ status }) => status === 'no-data').map(({ name }) => name);
  return names.filter((name) => areRefused(probes.filter(({ site }) => site === name)));
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

function statusWithout(parts: readonly FleetPart[]): SiteStatus {
  const runs = parts.flatMap(({ run }) => run ?? []);
  if (runs.length === 0) return 'no-data';
  return runs.every(isLimited) ? 'generator-limited' : 'cannot-tell';
}

function isLimited({ summary }: PartRun): boolean {
  return summary.verdict.generatorLimited;
}

/** Why a probe says nothing about its site; undefined: it does. */
function whyNotJudged({ run, trouble, status }: FleetPart): string | undefined {
  // Its reasons are its trouble.
  if (status === 'refused') return 'it refused the run';
  if (run === undefined) return trouble[0] ?? 'nothing of its run is here';
  if (isLimited(run)) return ['generator-limited', ...run.summary.verdict.reasons.slice(0, 1)].join(': ');
  const reduced = [...run.reduced.values()].flatMap((figures) => [...figures.values()]);
  if (reduced.every(({ whole }) => whole === 0)) return 'it started nothing that counts';
  return reduced.some(({ ofPart }) => ofPart !== undefined) ? undefined : WITHOUT['cannot-tell'];
}

function describeJudgement(
  { verdict, lines }: SiteJudgement,
  runs: readonly PartRun[],
  parts: readonly FleetPart[],
): string {
  const of = runs.length === parts.length ? '' : `, by ${runs.length} of its ${parts.length} probes`;
  const deciding = lines.filter(({ decides }) => decides);
  const worse = deciding.filter((line) => line.verdict === 'worse');
  if (worse.length > 0) {
    const figures = worse.map(
      ({ arm, figure, unit, before, after, pAdjusted }) =>
        `${arm}.${figure} ${formatFigure(after, unit)} against ${formatFigure(before, unit)} of the others (p ${formatChance(pAdjusted)})`,
    );
    return `${figures.join('; ')}${of}`;
  }
  const stalls = deciding.filter(({ figure }) => figure === 'stalled.rate');
  const shown = stalls.filter((line) => verdict === 'cannot-tell' || line.verdict !== 'cannot tell');
  const reach = shown.map(({ arm, smallestDifference, unit }) =>
    smallestDifference === null
      ? `no difference would have shown in ${arm}`
      : `in ${arm}, ${formatDifference(smallestDifference, unit)} more stalls would have shown`,
  );
  return `${reach.length === 0 ? 'no arm was measured here and elsewhere' : reach.join('; ')}${of}`;
}

function formatChance(p: number): string {
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}

const KEEPS_UP = 'With a lower --rate, probes keep up.';

function describeSites(sites: readonly SiteSummary[], refused: readonly string[]): string {
  const [one] = sites;
  if (one !== undefined && sites.length === 1) return describeAlone(one);
  if (isClean(sites)) {
    return `No handshake stalled at any of ${formatCount(sites.length)} sites. Too little was sent to tell small differences between them: that takes a longer run.`;
  }
  const named = (status: SiteStatus): string[] =>
    sites.filter((site) => site.status === status).map(({ name }) => name);
  const ill = named('ill');
  const total = sites.length === 1 ? '1 site' : `${formatCount(sites.length)} sites`;
  const judged = ill.length + named('not-ill').length;
  const head =
    ill.length > 0
      ? `${formatCount(ill.length)} of ${total} ${ill.length === 1 ? 'is' : 'are'} ill beside the others: ${listNames(ill)}.`
      : judged === sites.length
        ? `None of ${total} is ill beside the others.`
        : judged > 0
          ? `No site is ill beside the others, of ${formatCount(judged)} of ${total} that can be judged.`
          : `No site can be judged beside others.`;
  const rest = (
    [
      ['Cannot tell', named('cannot-tell')],
      ['Generator-limited', named('generator-limited')],
      ['Refused', refused],
      ['No data', named('no-data').filter((name) => !refused.includes(name))],
    ] as const
  ).flatMap(([words, names]) => (names.length === 0 ? [] : [` ${words}: ${listNames(names)}.`]));
  return `${head}${rest.join('')}${isWithoutVerdict(sites) ? ` ${KEEPS_UP}` : ''}`;
}

/** What can be said of the only site. */
function describeAlone({ name, status, text, ...sums }: SiteSummary): string {
  if (status === 'no-data') return `No verdict on ${name}: ${text}.`;
  if (status === 'generator-limited') return `No verdict on ${name}: ${text}. ${KEEPS_UP}`;
  const { started, stalled } = sumOverArms(sums);
  const what =
    stalled === 0
      ? 'No handshake stalled'
      : `${formatCount(stalled)} of ${formatCount(started)} handshakes stalled`;
  return `${what} at ${name}; there is no other site to compare it with.`;
}

/** Nothing is amiss with any of several sites, as far as was sent: they only cannot be told apart. */
function isClean(sites: readonly SiteSummary[]): boolean {
  return (
    sites.length > 1 &&
    sites.every(({ status, ...sums }) => {
      const { started, completed, stalled } = sumOverArms(sums);
      return status === 'cannot-tell' && started > 0 && completed === started && stalled === 0;
    })
  );
}

function listNames(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  return [...names.slice(0, MOST_NAMED), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

/** Empty where nothing is known of any probe; those of which it is not known come last. */
function groupBy(
  parts: readonly FleetPart[],
  ill: readonly string[],
  keyOf: (part: FleetPart) => string | undefined,
): GroupSummary[] {
  const groups = [...groupParts(parts, keyOf)];
  if (groups.every(([name]) => name === undefined)) return [];
  return groups
    .sort(([a], [b]) => (b === undefined || (a !== undefined && a < b) ? -1 : 1))
    .map(([name = null, own]): GroupSummary => {
      const sites = [...new Set(own.map(siteOf))].sort();
      return { name, ...sumParts(own), sites, ill: sites.filter((site) => ill.includes(site)) };
    });
}

function groupParts<K>(parts: readonly FleetPart[], keyOf: (part: FleetPart) => K): Map<K, FleetPart[]> {
  const groups = new Map<K, FleetPart[]>();
  for (const part of parts) {
    const key = keyOf(part);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [part]);
    else group.push(part);
  }
  return groups;
}

function formatCount(count: number): string {
  return groupThousands(String(count));
}

function describeProbe(part: FleetPart): ProbeSummary {
  const { probe, labels, status, trouble, start, folder, run } = part;
  const { verdict, diagnosis } = run?.summary ?? {};
  return {
    ...{ probe, site: siteOf(part), labels: { ...labels }, status, trouble: [...trouble] },
    folder: run === undefined ? null : folder,
    arms: run === undefined ? null : sumParts([part]).arms,
    start: start ?? null,
    external: externalOf(part) ?? null,
    pass: verdict?.pass ?? null,
    generatorLimited: verdict?.generatorLimited ?? false,
    diagnosis:
      diagnosis === undefined
        ? null
        : {
            verdict: diagnosis.verdict,
            text: diagnosis.text,
            named: diagnosis.causes
              .filter((cause) => cause.status === 'named')
              .map(({ id, name }) => ({ id, name })),
          },
  };
}

function warnOf(parts: readonly FleetPart[]): string[] {
  const summaries = parts.flatMap(({ run }) => run?.summary ?? []);
  const engines = [...new Set(summaries.map(({ run }) => run.engine))];
  const scenarios = [...new Set(summaries.map(({ run }) => run.scenario))];
  const unlabelled = parts.filter(({ labels }) => labelOf(labels, SITE_LABEL) === undefined);
  const late = parts.filter(
    ({ start }) => start !== undefined && Math.abs(start.skewMs) - start.errorMs > APART_MS,
  );
  return [
    ...(late.length > 0
      ? [
          `began more than a second away from the agreed one: ${listNames(late.map(({ probe }) => probe))}; what they met may have been another load`,
        ]
      : []),
    ...(scenarios.length > 1 ? [`probes ran different scenarios: ${scenarios.join(', ')}`] : []),
    ...(engines.length > 1 ? [`probes used different engines: ${engines.join(', ')}`] : []),
    ...(unlabelled.length > 0 && unlabelled.length < parts.length
      ? [
          `without a label ${SITE_LABEL}, and each a site by itself: ${listNames(unlabelled.map(({ probe }) => probe))}`,
        ]
      : []),
  ];
}
