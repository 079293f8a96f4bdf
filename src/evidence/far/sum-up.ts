import {
  type ClockOffset,
  type FarAttempt,
  type FarFile,
  type FarSeries,
  type FarSummary,
  type MatchedBy,
  SYN_FATES,
  type SynFate,
} from '../../metrics/far.ts';
import { createHistogram, quantilesOf, recordUs } from '../../metrics/histogram.ts';
import { NOTED_KINDS, type NotedKind } from '../../metrics/noted.ts';
import { MOST_EXTERNAL_ADDRESSES } from '../../store/far-schema.ts';
import { countChanges, describeNat } from '../match/nat.ts';
import type { ReuseByAddress } from '../match/reuse-by-address.ts';
import { countInvented } from '../match/sides.ts';
import type { FarGaps } from './far-gaps.ts';
import type { KeptAttempt } from './kept-attempts.ts';
import type { PortsInUse } from './ports-in-use.ts';
import type { FoundThere } from './tell-attempts.ts';

/** A far host, and what was found there. */
export interface JoinedHost extends FoundThere {
  readonly files: readonly FarFile[];
  readonly handshakes: number;
  readonly gaps: FarGaps;
  /** Empty where there are several far hosts. */
  readonly ports: PortsInUse;
}

export interface ToSumUp {
  readonly joinedAt: string;
  readonly near: FarFile;
  readonly hosts: readonly JoinedHost[];
  readonly kept: readonly KeptAttempt[];
  /** One for each of those. */
  readonly attempts: readonly FarAttempt[];
  readonly reuse: ReuseByAddress;
}

const STALLED: ReadonlySet<NotedKind> = new Set(['recovered', 'frozen', 'unresolved']);

/** The sums of far.json, but for remarks. */
export function sumUp(given: ToSumUp): Omit<FarSummary, 'remarks'> {
  const { joinedAt, near, hosts, kept, attempts, reuse } = given;
  const pairs = hosts.flatMap(({ matching }) => matching.pairs);
  const offsets = hosts.map(({ matching }) => roundOffset(matching.offset));
  const { externalAddresses, ...nat } = describeNat(pairs, true);
  const ports =
    hosts.length === 1 ? hosts[0]!.ports.describe(externalAddresses, missedAtUs(given)) : undefined;
  return {
    ...{ schema: 1, joinedAt, near, far: hosts.flatMap(({ files }) => files) },
    attempts: {
      kept: attempts.length,
      captured: kept.filter((one) => one.near !== undefined).length,
      matched: pairs.length,
      by: countBy(attempts),
    },
    farHandshakes: hosts.reduce((sum, { handshakes }) => sum + handshakes, 0),
    series: sumSeries(attempts),
    clockOffset: hosts.length === 1 ? offsets[0]! : null,
    nat: {
      ...nat,
      externalAddresses: externalAddresses.slice(0, MOST_EXTERNAL_ADDRESSES),
      externalAddressCount: externalAddresses.length,
      ...(ports === undefined ? {} : { ports }),
    },
    reuseAgeUs: {
      all: quantilesOf(reuse.sum(externalAddresses)),
      stalled: quantilesOf(agesOf(attempts.filter(({ kind }) => STALLED.has(kind)))),
    },
    changes: countChanges(pairs),
    ...addInvented(hosts),
    ...(hosts.length === 1
      ? {}
      : {
          hosts: hosts.map(({ files, handshakes, matching }, index) => ({
            paths: files.map(({ path }) => path),
            ...{ farHandshakes: handshakes, matched: matching.pairs.length, clockOffset: offsets[index]! },
          })),
        }),
  };
}

/** When first SYNs of stalled attempts would have arrived that did not, by the far clock. */
function missedAtUs({ hosts, kept, attempts }: ToSumUp): number[] {
  const clock = hosts[0]!.matching.clock;
  if (clock === undefined) return [];
  return kept.flatMap(({ near, kind }, index) =>
    near !== undefined && STALLED.has(kind) && attempts[index]!.fate === 'not-seen'
      ? [clock.arrivalUs(near.syns[0]!.atUs)]
      : [],
  );
}

function addInvented(hosts: readonly JoinedHost[]): Pick<FarSummary, 'resetsInvented' | 'synAcksInvented'> {
  const counts = { resetsInvented: 0, synAcksInvented: 0 };
  for (const { matching } of hosts) {
    const { resetsInvented, synAcksInvented } = countInvented(matching.pairs, matching.clock);
    counts.resetsInvented += resetsInvented;
    counts.synAcksInvented += synAcksInvented;
  }
  return counts;
}

function roundOffset(offset: ClockOffset | undefined): ClockOffset | null {
  return offset === undefined ? null : { us: round(offset.us), uncertaintyUs: round(offset.uncertaintyUs) };
}

function sumSeries(attempts: readonly FarAttempt[]): Record<string, FarSeries> {
  const names = [...new Set(attempts.map(({ series }) => series))];
  return Object.fromEntries(
    names.map((name) => {
      const own = attempts.filter(({ series }) => series === name);
      const kinds = NOTED_KINDS.filter((kind) => own.some((one) => one.kind === kind));
      const fates = kinds.map((kind) => [kind, countFates(own.filter((one) => one.kind === kind))]);
      const matched = own.filter(({ by }) => by !== null).length;
      return [name, { kept: own.length, matched, fates: Object.fromEntries(fates) }];
    }),
  );
}

function countFates(attempts: readonly FarAttempt[]): Partial<Record<SynFate, number>> {
  const counts = SYN_FATES.map((fate) => [fate, attempts.filter((one) => one.fate === fate).length] as const);
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

function countBy(attempts: readonly FarAttempt[]): Partial<Record<MatchedBy, number>> {
  const counts: Partial<Record<MatchedBy, number>> = {};
  for (const { by } of attempts) if (by !== null) counts[by] = (counts[by] ?? 0) + 1;
  return counts;
}

function agesOf(attempts: readonly FarAttempt[]): ReturnType<typeof createHistogram> {
  const ages = createHistogram();
  for (const { reuseAgeUs } of attempts) if (reuseAgeUs !== null) recordUs(ages, reuseAgeUs);
  return ages;
}

function round(us: number): number {
  return Math.round(us * 10) / 10;
}
