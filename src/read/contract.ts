/**
 * What programs of others may rely on, as `rushhour/results`: the shapes of the files in a folder of results, which
 * docs/results.md describes. Fields may be added; none changes its meaning within a schema number.
 */
export type { CauseStatus, DiagnosedCause, Diagnosis } from '../analysis/causes/diagnosis.ts';
/** What `rushhour compare --json` prints of two runs of a fleet. */
export type { FleetComparison } from '../analysis/sites/compare.ts';
/** What `rushhour results show --json` prints of a fleet's run. */
export type {
  ArmSums,
  CommonCause,
  FleetSummary,
  GroupSummary,
  GroupSums,
  ProbeSummary,
  SiteDiagnosis,
  SiteStatus,
  SiteSummary,
} from '../analysis/sites/types.ts';
export type { ArmSummary, Finding, RunStatus, Summary } from '../analysis/types.ts';
export type { FarAttempt, FarFile, FarPacket, FarSeries, FarSummary, FarSyn } from '../metrics/far.ts';
export type { Quantiles } from '../metrics/histogram.ts';
export type {
  EndpointCounts,
  Frame,
  ReuseCounts,
  SeriesCounts,
  Stall,
  TokenCounts,
} from '../metrics/types.ts';
export type { Outcome } from '../outcome/outcome.ts';
/** fleet.json. */
export type { AbsentProbe, FleetFile, FleetFileEvent, FleetFilePart } from '../store/fleet-file.ts';
/** A line of a soak's frames.jsonl. */
export type { WindowLine } from '../store/frame-schema.ts';
export type { Notes } from '../store/notes.ts';
export type { NatInfo, ProcessMark, RunInfo, SoakInfo, SourcesInfo } from '../store/run-info.ts';
export type {
  SessionEvent,
  /** Their names in 0.2.0. */
  SessionEvent as SoakEvent,
  SessionEventKind,
  SessionEventKind as SoakEventKind,
} from '../store/session-events.ts';
