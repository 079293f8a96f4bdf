import { diagnoseSite, findCommon } from './common.ts';
import { listFailed } from './failed.ts';
import { judgeSites } from './judge.ts';
import { chooseNext } from './next.ts';
import { linesToAllow, listRefusals } from './refusals.ts';
import { sumParts } from './sums.ts';
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
  type Stage,
} from './types.ts';
import { describeJudgement, describeSoFar, listNames, WITHOUT, whyWithout } from './words.ts';

export interface FleetFacts {
  readonly id: string;
  /** May be empty. */
  readonly label?: string;
  /** Milliseconds since 1970; undefined: not known. */
  readonly startsAtMs: number | undefined;
}

/** Counts are by the second: probes that began further apart than this did not send together. Milliseconds. */
const APART_MS = 1_000;

/** What became of a fleet's run: sums by site, external address and firewall, and which sites are ill beside the others. */
export function summariseFleet(facts: FleetFacts, parts: readonly FleetPart[]): FleetSummary {
  const probes = parts.map(describeProbe);
  const sites = summariseSites(parts, probes);
  const ill = sites.filter(({ status }) => status === 'ill').map(({ name }) => name);
  const startsAt = facts.startsAtMs === undefined ? null : new Date(facts.startsAtMs).toISOString();
  const stage = stageOf(parts);
  const refusals = listRefusals(parts);
  const scenarios = [...new Set(parts.flatMap(({ run }) => run?.summary.run.scenario ?? []))];
  return {
    schema: 1,
    run: {
      id: facts.id,
      scenario: scenarios.length === 0 ? null : scenarios.join(', '),
      label: facts.label ?? '',
      ...{ startsAt, stage },
    },
    ...{ text: describeSoFar({ stage, startsAt }, sites, probes), ill, failed: listFailed(parts, siteOf) },
    ...{ all: sumParts(parts), sites },
    externals: groupBy(parts, ill, externalOf),
    firewalls: groupBy(parts, ill, ({ labels }) => labelOf(labels, FIREWALL_LABEL)),
    probes,
    ...{ refusals, toAllow: linesToAllow(refusals.map(({ reason }) => reason)) },
    common: findCommon(sites),
    next: chooseNext(sites, probes),
    warnings: warnOf(parts),
  };
}

/** Of a run whose first probes have begun, others may wait for their time. */
function stageOf(parts: readonly FleetPart[]): Stage {
  const isAt = (stage: Stage): boolean => parts.some((part) => part.stage === stage);
  if (isAt('running')) return 'running';
  if (!isAt('waiting')) return 'over';
  return parts.some(({ run }) => run !== undefined) ? 'running' : 'waiting';
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

function describeProbe(part: FleetPart): ProbeSummary {
  const { probe, labels, status, stage, trouble, start, folder, run } = part;
  const { verdict, diagnosis } = run?.summary ?? {};
  return {
    ...{ probe, site: siteOf(part), labels: { ...labels }, status, stage, trouble: [...trouble] },
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
