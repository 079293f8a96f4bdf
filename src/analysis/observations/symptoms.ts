import { groupDigits } from '../group-digits.ts';
import { wilsonInterval } from '../wilson.ts';
import { contrastArms, countOf } from './contrasts.ts';
import { areMany, countHoles, countResponsesResent, isNearlyAlone } from './segments.ts';
import { SYMPTOMS } from './symptom-kinds.ts';
import type { ArmSeen, Observations, Symptom, SymptomKind } from './types.ts';

/** Fewer are chance's, on any path. */
const FEWEST = 3;

/** A smaller share is what any long run has; an outage counts whatever its share. */
const SMALLEST_SHARE = 0.001;

/** Fewer connections that were cut have no pattern, unless they are so large a share of those that were held. */
const FEWEST_CUT = 10;
const FEWEST_OF_FEW = 5;
const LARGE_SHARE = 0.1;

const COUNTED = SYMPTOMS.filter((kind) => kind !== 'waits' && kind !== 'holes');

/** Holes and segments that were sent again are as many to within this factor. */
const AS_MANY = 1.5;

/** What a run has to have explained: of each kind the arm that is most ill, and those that are ill for a reason of their own. */
export function listSymptoms(seen: Observations): Symptom[] {
  const symptoms = [...COUNTED.flatMap((kind) => ofKind(kind, seen.arms)), ...findWaits(seen)];
  // Where more is ill, its causes say whether packets are lost towards this machine as well.
  return symptoms.length > 0 ? symptoms : [...findScattered(seen), ...findHoles(seen)];
}

/**
 * Handshakes that stalled although their SYN was sent again twice or more: a few in many arms, none of which has enough. Loss by chance, such as
 * any path has, does not take the same packet three times.
 */
function findScattered({ arms }: Observations): Symptom[] {
  const lost = arms.reduce((sum, one) => sum + countSilenced(one), 0);
  const [arm, ...others] = arms.toSorted((a, b) => surelyIll(b, 'stalled') - surelyIll(a, 'stalled'));
  if (arm === undefined || lost < FEWEST) return [];
  const started = arms.reduce((sum, one) => sum + one.started, 0);
  const text = groupDigits(
    `${lost} of ${started} handshakes stalled although their SYN was sent again twice or more, none of the arms having more than a few`,
  );
  const contrasts = contrastArms(arm, others, 'stalled');
  return [{ kind: 'stalled', arm, count: arm.stalled, of: arm.started, contrasts, text, isScattered: true }];
}

/** Sent again at 1 and 3 s (RFC 6298, tcp(7)), a SYN has been lost three times where no handshake came of it in so long. */
const LOST_THRICE_US = 3_500_000;

/** Where the system does not tell how often a SYN was sent again, those that were never answered. */
function countSilenced({ arm, summary: { synRetransmits = {}, outcomes } }: ArmSeen): number {
  const twice = Object.entries(synRetransmits).filter(([times]) => Number(times) >= 2);
  return Math.max(
    twice.reduce((sum, [, count]) => sum + count, 0),
    arm.handshakeTimeoutUs >= LOST_THRICE_US ? (outcomes['handshake-timeout'] ?? 0) : 0,
  );
}

function ofKind(kind: SymptomKind, arms: readonly ArmSeen[]): Symptom[] {
  const ill = arms
    .filter((arm) => isIll(arm, kind))
    .sort((a, b) => tellsMore(b) - tellsMore(a) || surelyIll(b, kind) - surelyIll(a, kind));
  const symptoms: Symptom[] = [];
  const told = new Set<string>();
  for (const arm of ill) {
    if (told.has(arm.name)) continue;
    // Those that are worse have been told of: what made them so may hide what this one has.
    const others = arms.filter((other) => other !== arm && !told.has(other.name));
    const contrasts = contrastArms(arm, others, kind);
    for (const { arm: name, fared } of contrasts) if (fared === 'alike') told.add(name);
    told.add(arm.name);
    const { count, of } = countOf(arm, kind)!;
    symptoms.push({ kind, arm, count, of, contrasts, text: describe(kind, arm.name, count, of) });
  }
  return symptoms;
}

function isIll(arm: ArmSeen, kind: SymptomKind): boolean {
  const { count = 0, of = 0 } = countOf(arm, kind) ?? {};
  if (kind === 'cut') return count >= FEWEST_CUT || (count >= FEWEST_OF_FEW && count >= of * LARGE_SHARE);
  const hasGap = arm.gaps.some((gap) => (kind === 'stalled' || kind === 'refused') && gap[kind] >= FEWEST);
  return count >= FEWEST && (count >= of * SMALLEST_SHARE || hasGap);
}

/** What holds connections, or steps its rate, shows more of a limit than what only meets it. */
function tellsMore({ held, plateau }: ArmSeen): number {
  return held !== undefined ? 2 : plateau !== undefined ? 1 : 0;
}

/** The share that is ill at least, so that many attempts count for more than few. */
function surelyIll(arm: ArmSeen, kind: SymptomKind): number {
  const { count = 0, of = 0 } = countOf(arm, kind) ?? {};
  return wilsonInterval(Math.min(count, of), of)[0];
}

/** Waits at a round number that TCP's own retransmissions do not explain. */
function findWaits({ findings, arms }: Observations): Symptom[] {
  const clusters = findings.filter(
    ({ kind, confidence }) =>
      kind === 'latency-cluster' && (confidence === 'high' || confidence === 'medium'),
  );
  const first = clusters.toSorted((a, b) => Number(b['count']) - Number(a['count']))[0];
  const arm = arms.find(({ name }) => name === first?.arm);
  if (first === undefined || arm === undefined) return [];
  const count = Number(first['count']);
  return [
    {
      kind: 'waits',
      arm,
      count,
      of: arm.summary.firstByteUs.count,
      contrasts: [],
      text: `${arm.name}: ${first.text}`,
    },
  ];
}

/**
 * Segments that came with a hole before them, and as many that the far end sent again: nobody waits for those that are sent again within
 * milliseconds, but packets are lost. Both are counted for whole machines, so that one alone may be another program's, unless none but the
 * run's own connections can have had them.
 */
function findHoles(seen: Observations): Symptom[] {
  const holes = countHoles(seen);
  const resent = countResponsesResent(seen);
  const asking = seen.arms.filter(({ arm }) => arm.via !== 'tcp' && arm.via !== 'icmp');
  const [arm] = asking.toSorted((a, b) => b.summary.established - a.summary.established);
  const of = asking.reduce((sum, { summary }) => sum + summary.established, 0);
  const isSame =
    resent === undefined ? isNearlyAlone(seen) : holes <= resent * AS_MANY && resent <= holes * AS_MANY;
  if (arm === undefined || !isSame || !areMany(holes, of)) return [];
  const count = Math.min(holes, of);
  const text = groupDigits(
    `${holes} segments from the far end came with a hole before them, on ${of} connections that asked for something`,
  );
  return [{ kind: 'holes', arm, count, of, contrasts: [], text }];
}

const WORDS: Readonly<
  Record<Exclude<SymptomKind, 'waits' | 'holes'>, readonly [what: string, verb: string]>
> = {
  stalled: ['handshakes', 'stalled'],
  healed: ['handshakes', 'needed a second SYN within a fraction of a second'],
  refused: ['handshakes', 'were refused'],
  late: ['connections', 'had a request sent again or not answered in time'],
  broken: ['connections', 'were reset or closed before they were answered'],
  cut: ['held connections', 'were cut'],
  answered: ['handshakes with a port that must refuse', 'were completed'],
};

function describe(kind: SymptomKind, arm: string, count: number, of: number): string {
  if (kind === 'waits' || kind === 'holes') return '';
  const [what, verb] = WORDS[kind];
  return groupDigits(`${count} of ${of} ${what} (arm ${arm}) ${verb}`);
}
