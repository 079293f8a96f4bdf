import type { FarSummary } from '../../metrics/far.ts';
import type { HostCounters } from '../../metrics/types.ts';
import type { Arm } from '../../scenario/types.ts';
import type { Nat } from '../findings/finder.ts';
import type { FirewallSummary } from '../firewall/types.ts';
import type { SeriesTally } from '../tally.ts';
import type { ArmSummary, Finding, PingSummary, Summary } from '../types.ts';
import type { SymptomKind } from './symptom-kinds.ts';

/** In what the connections of two arms differ, as far as something on the path could tell them apart. */
export const DIFFERENCES = [
  /** The far end's port, its address, the address that they come from. */
  'port',
  'host',
  'source',
  /** What the SYN looks like. */
  'client',
  'mss',
  'dscp',
  /** How long the request is: what is sent after the handshake. */
  'size',
  /** Ended by an RST, not by a FIN. */
  'close',
  /** From source ports that were not used within minutes before. */
  'ports',
] as const;
export type Difference = (typeof DIFFERENCES)[number];

/**
 * How an arm fared in the seconds in which another one was ill. `clean`: chance does not explain how few of its own were, if both
 * meet the same; `alike`: at least half as ill; `unclear`: too few, or in between.
 */
export type Fared = 'clean' | 'alike' | 'unclear';

export interface Contrast {
  readonly arm: string;
  readonly differs: readonly Difference[];
  readonly fared: Fared;
  /** Attempts of it in those seconds, how many of them were ill, and how many would have been at the other arm's rates. */
  readonly starts: number;
  readonly ill: number;
  readonly expected: number;
  /** "1,200 of reset-control: 0 stalled; 96 would have, had they met the same". */
  readonly text: string;
}

/** A stretch in which nearly all starts failed, seconds since the run's start. */
export interface Gap {
  readonly fromSec: number;
  readonly toSec: number;
  readonly isWhole: boolean;
  readonly started: number;
  readonly stalled: number;
  readonly refused: number;
}

/** What connections that are held show of how many can be open at once. */
export interface HeldFit {
  /** Established before the rest failed. */
  readonly most: number;
  /** From the first failing second to the first close, seconds. */
  readonly shortForSec: number;
  /** Started and established meanwhile: a meter lets some pass, what is full none. */
  readonly startedMeanwhile: number;
  readonly establishedMeanwhile: number;
  /** From the first close until any got in, and until a good part of what had been closed did; absent: not before the load ended. */
  readonly room?: { readonly lowSec: number; readonly highSec: number };
  readonly release?: { readonly lowSec: number; readonly highSec: number };
  readonly watchedSec: number;
  /** Failing began before any connection of the arm was closed. */
  readonly isBeforeAnyClose: boolean;
  /** It was filled slowly, and none failed until it was full: within a twenty-fifth of the number. */
  readonly isSharp: boolean;
  /** Each time that it was filled, with how many, and how many a second were tried then. */
  readonly fillings: readonly { readonly count: number; readonly perSec: number }[];
  /** The chance that a clock of its own, and not the closing of connections, would have made room just then. */
  readonly coincidence: number;
}

/** What more load brought. */
export interface Plateau {
  readonly establishedPerSec: number;
  /** The rates asked for at which no more got through. */
  readonly offeredPerSec: readonly number[];
  /** The highest rate below that lost nothing; absent: there was none. */
  readonly cleanUpToPerSec?: number;
  /** Of the seconds of those levels, how far they differ: standard deviation over mean. */
  readonly spread: number;
}

/** Of an arm, what is ill and how; derived once. */
export interface ArmSeen {
  readonly name: string;
  readonly arm: Arm;
  readonly summary: ArmSummary;
  readonly series: SeriesTally;
  readonly started: number;
  readonly stalled: number;
  readonly refused: number;
  readonly gaps: readonly Gap[];
  readonly held?: HeldFit;
  readonly plateau?: Plateau;
  /** How much the stalls of seconds differ from what independent chance gives: variance over mean; absent: too few. */
  readonly dispersion?: number;
  /** From how few source ports in use again: 'used' or 'fresh' within minutes; 'unknown' where the system chose them. */
  readonly ports: 'used' | 'fresh' | 'unknown';
}

/** All that a run knows, as causes read it. Nothing here says why. */
export interface Observations {
  readonly status: Summary['run']['status'];
  readonly scenario: string;
  readonly stallsByTcpInfo: boolean;
  readonly engine: Summary['run']['engine'];
  readonly generatorLimited: boolean;
  readonly limits: readonly string[];
  /** What limited it was that it dropped packets itself, and nothing else; absent: no. */
  readonly isLimitedByDrops?: boolean;
  readonly arms: readonly ArmSeen[];
  readonly findings: readonly Finding[];
  readonly nat: Nat | undefined;
  readonly near: HostCounters | undefined;
  readonly far: HostCounters | undefined;
  readonly pings: Readonly<Record<string, PingSummary>> | undefined;
  /** What this machine itself dropped. */
  readonly ownDrops: number;
  readonly firewall: FirewallSummary | undefined;
  /** What both sides captured. */
  readonly both: FarSummary | undefined;
  /** Ports that should refuse, and of which nothing ever came: a rule drops what is sent to them. */
  readonly silentControls?: readonly number[];
  /** What a run that chose its arms could not try. */
  readonly untried?: readonly { readonly text: string; readonly needs: string }[] | undefined;
}

export type { SymptomKind };

/** What is to be explained. */
export interface Symptom {
  readonly kind: SymptomKind;
  /** The arm that shows it most. */
  readonly arm: ArmSeen;
  readonly count: number;
  readonly of: number;
  /** How the others fared at the same time. */
  readonly contrasts: readonly Contrast[];
  /** "1,233 of 12,000 handshakes of stress stalled". */
  readonly text: string;
  /** No arm shows enough of it to have a pattern: it is an illness, and no cause of it is named. */
  readonly isScattered?: true;
}
