import type { ReducedRun } from '../compare/ratio.ts';
import type { ComparisonLine } from '../compare/types.ts';
import type { Diagnosis, RampSums, Summary } from '../types.ts';

/** Labels of probes by which the results of a fleet are summed up. */
export const SITE_LABEL = 'site';
export const EXTERNAL_LABEL = 'external';
export const FIREWALL_LABEL = 'firewall';

/** What a probe brought to a fleet's run. */
export interface FleetPart {
  readonly probe: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `no-answer`, `away`: nothing was ordered from it. */
  readonly status: PartStatus;
  readonly stage: Stage;
  /** Why it is not all that it should be, in sentences without its name; of a probe that says how it ended, that too. */
  readonly trouble: readonly string[];
  /** When second 0 was, after the agreed one, and how far that can be off; milliseconds. Undefined: not known. */
  readonly start: { readonly skewMs: number; readonly errorMs: number } | undefined;
  /** Name of its folder, beside that of the fleet's run. */
  readonly folder: string;
  /** Undefined: it has no folder, or none that can be read. */
  readonly run: PartRun | undefined;
}

export const PART_STATUSES = [
  ...(['complete', 'interrupted', 'failed', 'refused', 'started', 'accepted', 'no-answer', 'away'] as const),
] as const;
export type PartStatus = (typeof PART_STATUSES)[number];

/**
 * `waiting`: it was accepted, and its time has not come; `running`: it has begun, has not told that it ended, and its planned end has
 * not passed; `over`: neither, whatever is missing.
 */
export type Stage = 'waiting' | 'running' | 'over';

/** A probe's run, reduced to what a fleet's summary needs. */
export interface PartRun {
  readonly summary: Summary;
  /** By arm, and by the figures that decide. */
  readonly reduced: ReadonlyMap<string, ReadonlyMap<string, ReducedRun>>;
  /** Whether connections are counted that another one continued. */
  readonly isConcluded: boolean;
  /** As the far side saw it; undefined: no far side was joined, or it found none of them. */
  readonly external: string | undefined;
}

/** Sums of one arm over runs: each is exactly the sum of those in their summary.json. */
export interface ArmSums {
  scheduled: number;
  started: number;
  unsent: number;
  established: number;
  completed: number;
  requests: number;
  challenges: number;
  healed: number;
  slow: number;
  bytes: number;
  stalled: {
    count: number;
    recovered: number;
    frozen: number;
    unresolved: number;
    /** count / started; 0 if nothing was started. */
    rate: number;
    /** Wilson score interval, 95 %. */
    ci95: [number, number];
  };
  outcomes: Record<string, number>;
  statuses: Record<string, number>;
  tunnelStatuses: Record<string, number>;
  refusals: Record<string, number>;
  /** Ramps, which are in none of the other counts; absent without any. */
  ramp?: RampSums;
}

/** Sums of some of a fleet's probes. */
export interface GroupSums {
  /** Ids, in order. */
  probes: string[];
  /** Those of them whose folders are in the sums. */
  summed: string[];
  arms: Record<string, ArmSums>;
}

/** Probes that have something in common; null: those of which it is not known. */
export interface GroupSummary extends GroupSums {
  name: string | null;
  /** Sites of these probes, and those of them that are ill. */
  sites: string[];
  ill: string[];
}

/**
 * `ill`: worse than the others by more than luck explains; `not-ill`: a relevant difference would have shown; `cannot-tell`: it may be
 * either. `generator-limited`: none of its probes says anything about what it tested. `no-data`: there is nothing to judge by.
 */
export type SiteStatus = 'ill' | 'not-ill' | 'cannot-tell' | 'generator-limited' | 'no-data';

/** What the runs of a site's probes say of why, together; `mixed`: they do not agree. */
export interface SiteDiagnosis {
  verdict: Diagnosis['verdict'] | 'mixed';
  text: string;
  /** Causes that each of them names. */
  named: { id: string; name: string }[];
  /** What is said, each once, and the probes whose runs say it: `text` has all of it in a paragraph. */
  said: { text: string; probes: string[] }[];
}

/** What all sites behind one model of firewall have in common, and no other site. */
export interface CommonCause {
  firewall: string;
  /** null: that they are ill, whatever the cause. */
  cause: { id: string; name: string } | null;
  sites: string[];
  text: string;
}

export interface SiteSummary extends GroupSums {
  name: string;
  /** Labels of its probes, each once. */
  firewalls: string[];
  status: SiteStatus;
  /** Why, in a sentence. */
  text: string;
  /** Its figures (`after`) against those of the sites that are not ill (`before`); p is corrected for all sites. */
  lines: ComparisonLine[];
  diagnosis: SiteDiagnosis;
  /** Probes that do not count in its judgement: generator-limited, too short, or without data. */
  unjudged: { probe: string; why: string }[];
}

export interface ProbeSummary {
  probe: string;
  site: string;
  labels: Record<string, string>;
  status: PartStatus;
  /** As far as was known when the summary was made. */
  stage: Stage;
  trouble: string[];
  /** Name of its folder; null: it has none that can be read. */
  folder: string | null;
  /** Its counts; null: it has no folder that can be read. */
  arms: Record<string, ArmSums> | null;
  /** When its second 0 was, after the agreed one, and how far that can be off, milliseconds; null: not known. */
  start: { skewMs: number; errorMs: number } | null;
  external: string | null;
  /** Of its own criteria; null: none, or no data. */
  pass: boolean | null;
  generatorLimited: boolean;
  /** Why its run went as it did; null: its run does not say. */
  diagnosis: { verdict: Diagnosis['verdict']; text: string; named: { id: string; name: string }[] } | null;
}

/** A reason for which probes refused a run. */
export interface Refusal {
  reason: string;
  probes: string[];
}

/** The run of a probe that is to be diagnosed by itself. */
export interface NextRun {
  site: string;
  probe: string;
  /** Name of its folder, beside that of the fleet's run. */
  folder: string;
}

/** A criterion that did not hold, and at which probes. */
export interface FailedCriterion {
  /** As the scenario has it. */
  text: string;
  /**
   * The worst first. `value` is what was measured, as in summary.json; null: it is no figure, and `why` says what was seen.
   */
  probes: { probe: string; site: string; value: number | null; why: string | null }[];
}

/** What became of a fleet's run: the stable contract. New fields may be added; none changes meaning within a schema number. */
export interface FleetSummary {
  schema: 1;
  run: {
    id: string;
    /** null: no folder is here. */
    scenario: string | null;
    /** What it was ordered with, or was labelled with since; where its probes' runs differ, all that they have. May be empty. */
    label: string;
    /** RFC 3339, UTC: the second 0 that was agreed on; null: not known. */
    startsAt: string | null;
    /** `running`: at least one probe is, so that all below is so far only. */
    stage: Stage;
  };
  /** Which sites are ill beside the others, in a sentence. */
  text: string;
  /** Names of the sites that are ill. */
  ill: string[];
  /** Criteria that failed at any probe, each once. */
  failed: FailedCriterion[];
  all: GroupSums;
  /** In order of their names. A probe without a label `site` is a site by itself, by its id. */
  sites: SiteSummary[];
  /** By the address that the far side saw, or else the label `external`. */
  externals: GroupSummary[];
  /** By the label `firewall`. */
  firewalls: GroupSummary[];
  probes: ProbeSummary[];
  /** Reasons for which probes refused the run, each once. */
  refusals: Refusal[];
  /** What the owners of these probes would add to their policies to allow it, each a line of such a file. */
  toAllow: string[];
  /** What is common to the sites of one firewall model alone; only where it holds for all of them. */
  common: CommonCause[];
  /** Runs of probes at ill sites, at most one of a site: what `rushhour diagnose` says of each is the next to read. */
  next: NextRun[];
  /** What weakens what is said: sentences. */
  warnings: string[];
}
