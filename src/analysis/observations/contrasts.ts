import type { Outcome } from '../../outcome/outcome.ts';
import { chanceOfAtLeast } from '../binomial.ts';
import { listDifferences } from './differences.ts';
import type { ArmSeen, Contrast, Fared, SymptomKind } from './types.ts';

/** That chance made an arm so much better must be this unlikely. */
const LUCK = 0.001;

/** An arm is clean if it was no more than this as ill as the other: what is left has another reason. */
const CLEAN_BELOW = 0.1;

/** As ill, from this share of what was expected on. */
const ALIKE_FROM = 0.5;

/** Fewer expected than this say nothing either way. */
const FEWEST_EXPECTED = 5;

/** Of the seconds of each load, how many it must share with the other's. */
const TOGETHER = 0.8;

/** How an established connection ends before its answer: by an RST, or by a FIN. */
const BROKEN = [
  ...['response-reset', 'response-empty', 'response-truncated'],
  ...['tunnel-closed', 'tunnel-cut', 'tls-closed'],
] as const satisfies readonly Outcome[];

/** Told by SYNs, which no request precedes: how long that is differs for none of them. */
const OF_SYNS: readonly SymptomKind[] = ['stalled', 'refused', 'healed', 'answered'];

/** What an arm may have met in place of a symptom. */
const COUNTERPARTS: Partial<Record<SymptomKind, SymptomKind>> = { late: 'broken', broken: 'late' };

/** Counts of seconds that can be compared: of the same moment, by when they were started. */
const BY_SECOND = { stalled: 'stalled', refused: 'refused' } as const;

/**
 * How the others fared in the seconds in which an arm stalled or was refused: had they met the same, as many of theirs would have
 * been, second by second. A load that comes at another time is compared with nothing.
 */
export function contrastArms(ill: ArmSeen, others: readonly ArmSeen[], kind: SymptomKind): Contrast[] {
  const contrasts = others.flatMap((other): Contrast[] => {
    const all = listDifferences(ill, other);
    const differs = OF_SYNS.includes(kind) ? all?.filter((one) => one !== 'size') : all;
    if (differs === undefined || (kind === 'stalled' && tookAsLong(other))) return [];
    const counts =
      kind in BY_SECOND ? bySecond(ill, other, kind as keyof typeof BY_SECOND) : inAll(ill, other, kind);
    if (counts.starts === 0 || counts.expected === 0) return [];
    return [
      { arm: other.name, differs, ...counts, fared: judge(counts), text: describe(other, kind, counts) },
    ];
  });
  // Longer requests that fare the same show that it is not their length in which others differ.
  const isOfAnyLength = contrasts.some(
    ({ fared, differs }) => fared === 'alike' && differs.length === 1 && differs[0] === 'size',
  );
  return isOfAnyLength ? contrasts.map(withoutLength) : contrasts;
}

function withoutLength(contrast: Contrast): Contrast {
  const differs = contrast.differs.filter((one) => one !== 'size');
  return differs.length === 0 ? contrast : { ...contrast, differs };
}

/** Every handshake took as long as a stall, and its exchanges showed that this is the path: it was not spared anything. */
function tookAsLong({ arm, summary: { service, slow } }: ArmSeen): boolean {
  return slow > 0 && service.handshakeUs.count > 0 && service.handshakeUs.min >= arm.stallAfterUs;
}

interface Counts {
  readonly starts: number;
  readonly ill: number;
  readonly expected: number;
  /** Of the ill arm, in the same seconds. */
  readonly illOfIll: number;
}

function bySecond(ill: ArmSeen, other: ArmSeen, what: 'stalled' | 'refused'): Counts {
  const counts = { starts: 0, ill: 0, expected: 0, illOfIll: 0 };
  // Refusals are counted by the second in which they came, which is that of their start or the next.
  for (const [second, theirs] of other.series.bySecond) {
    const ours = ill.series.bySecond.get(second);
    if (ours === undefined || ours.started <= 0 || theirs.started <= 0) continue;
    const bad = Math.min(ours.started, ours[what]);
    // What was refused never had the chance to stall, and the reverse.
    const exposed = Math.max(
      theirs[what],
      theirs.started - theirs[what === 'stalled' ? 'refused' : 'stalled'],
    );
    if (exposed <= 0) continue;
    counts.starts += exposed;
    counts.ill += Math.min(exposed, theirs[what]);
    counts.expected += exposed * (bad / ours.started);
    counts.illOfIll += bad;
  }
  return counts;
}

/** What is counted for the run as a whole. */
function inAll(ill: ArmSeen, other: ArmSeen, kind: SymptomKind): Counts {
  const [a, b] = [countOf(ill, kind), countOf(other, kind)];
  if (a === undefined || b === undefined || a.of === 0 || !wereTogether(ill, other))
    return { starts: 0, ill: 0, expected: 0, illOfIll: 0 };
  // What ended before its answer never had the chance to be late, and what was late may have missed its end.
  const counterpart = COUNTERPARTS[kind];
  const { count = 0 } = counterpart === undefined ? {} : (countOf(other, counterpart) ?? {});
  if (count > b.of * CLEAN_BELOW) return { starts: 0, ill: 0, expected: 0, illOfIll: 0 };
  return { starts: b.of, ill: b.count, expected: (b.of * a.count) / a.of, illOfIll: a.count };
}

/** Whether two loads ran in the same seconds, nearly all of each: what was counted in all of a run tells nothing of others. */
function wereTogether({ series: a }: ArmSeen, { series: b }: ArmSeen): boolean {
  const share = (one: ArmSeen['series'], other: ArmSeen['series']): number => {
    const seconds = [...one.bySecond].filter(([, { started }]) => started > 0);
    const both = seconds.filter(([second]) => (other.bySecond.get(second)?.started ?? 0) > 0);
    return both.length / Math.max(1, seconds.length);
  };
  return Math.min(share(a, b), share(b, a)) >= TOGETHER;
}

/** Attempts of an arm that show a symptom, and of how many that can; undefined where the arm cannot show it. */
export function countOf(
  {
    arm,
    summary,
    started,
    stalled,
    refused,
  }: Pick<ArmSeen, 'arm' | 'summary' | 'started' | 'stalled' | 'refused'>,
  kind: SymptomKind,
): { readonly count: number; readonly of: number } | undefined {
  const { outcomes } = summary;
  switch (kind) {
    case 'stalled':
      return { count: stalled, of: started };
    case 'refused':
      return { count: refused, of: started };
    case 'healed':
      return { count: summary.healed, of: started };
    case 'late':
      if (arm.via === 'tcp' || arm.via === 'icmp') return undefined;
      return {
        count: Math.min(summary.established, lateOf(summary) + timeoutsOf(summary)),
        of: summary.established,
      };
    case 'broken':
      // What asks nothing waits for no answer.
      if (arm.expect.kind === 'refused' || (arm.via === 'tcp' && arm.holdUs > 0)) return undefined;
      return { count: brokenOf(summary), of: summary.established };
    case 'answered':
      if (arm.expect.kind !== 'refused') return undefined;
      return { count: outcomes['unexpected-handshake'] ?? 0, of: started };
    case 'cut':
      if (arm.holdUs === 0) return undefined;
      return { count: cutsOf(summary), of: summary.established };
    case 'waits':
    case 'holes':
      return undefined;
  }
}

/** Requests sent again, or answers that came as late as if a segment had been: a request that is lost shows as both. */
export function lateOf({ requestsResent, responsesLate }: ArmSeen['summary']): number {
  return Math.max(requestsResent?.count ?? 0, responsesLate?.count ?? 0);
}

/** Connections that were open, and on which what was asked was not answered in time. */
export function timeoutsOf({ outcomes }: ArmSeen['summary']): number {
  return (
    (outcomes['response-timeout'] ?? 0) + (outcomes['tunnel-timeout'] ?? 0) + (outcomes['tls-timeout'] ?? 0)
  );
}

/** Connections that were established, and ended by the other side before what was asked was answered. */
export function brokenOf({ outcomes }: ArmSeen['summary']): number {
  return BROKEN.reduce((sum, outcome) => sum + (outcomes[outcome] ?? 0), 0);
}

export function cutsOf({ cuts = {} }: ArmSeen['summary']): number {
  return Object.values(cuts).reduce((sum, count) => sum + count, 0);
}

/** By the share that the other arm would have of all that were ill, if both met the same. */
function judge({ ill, expected, illOfIll }: Counts): Fared {
  if (expected + illOfIll === 0) return 'unclear';
  const share = expected / (expected + illOfIll);
  const all = ill + illOfIll;
  const asFew = 1 - chanceOfAtLeast(ill + 1, all, share);
  if (asFew <= LUCK && ill <= expected * CLEAN_BELOW) return 'clean';
  return expected >= FEWEST_EXPECTED && ill >= expected * ALIKE_FROM ? 'alike' : 'unclear';
}

const WORDS: Readonly<Record<SymptomKind, string>> = {
  stalled: 'stalled',
  refused: 'were refused',
  healed: 'healed',
  late: 'were late or unanswered after the handshake',
  broken: 'were reset or closed before they were answered',
  cut: 'were cut',
  answered: 'were answered',
  waits: 'waited',
  holes: 'came with a hole before them',
};

function describe({ name }: ArmSeen, kind: SymptomKind, { starts, ill, expected }: Counts): string {
  const seen = `${ill === 0 ? 'none' : ill} of ${starts} of arm ${name} ${WORDS[kind]} at the same time`;
  return `${seen} (${round(expected)} would have, had they met the same)`;
}

function round(value: number): number {
  return value < 10 ? Math.round(value * 10) / 10 : Math.round(value);
}
