import type { SynFate } from '../../metrics/far.ts';
import type { ArmSeen, Observations, Symptom } from '../observations/types.ts';
import { besideOf } from './cuts.ts';
import type { Judgement } from './types.ts';

export function supports(text: string): Judgement[] {
  return [{ says: 'supports', text }];
}

export function decides(text: string): Judgement[] {
  return [{ says: 'decides', text }];
}

export function contradicts(text: string): Judgement[] {
  return [{ says: 'contradicts', text }];
}

export const NOTHING: Judgement[] = [];

/** From this share of what was looked at, it is the rule and not the exception. */
export const MOST = 0.8;

/** Fewer attempts whose packets were seen say nothing. */
export const FEWEST_SEEN = 5;

/** Kinds of attempts as captures are counted by; the rest stalled. */
const GROUPS: Readonly<Partial<Record<Symptom['kind'], string>>> = {
  ...{ refused: 'refused', healed: 'healed', broken: 'reset' },
};

/** Counts of what met the SYNs of stalled attempts of the ill arm, as captured on this machine; empty if nothing was. */
export function answersOf({ kind, arm }: Symptom): {
  readonly counts: Readonly<Record<string, number>>;
  readonly seen: number;
} {
  const group = GROUPS[kind] ?? 'stalled';
  const counts = arm.summary.answers?.[group] ?? {};
  const seen = Object.entries(counts).reduce(
    (sum, [name, count]) => (name === 'not-held' ? sum : sum + count),
    0,
  );
  return { counts, seen };
}

/** Of what was captured, how many met one of these; undefined where too few were looked at. */
export function shareAnswered(
  symptom: Symptom,
  names: readonly string[],
): { readonly count: number; readonly seen: number } | undefined {
  const { counts, seen } = answersOf(symptom);
  if (seen < FEWEST_SEEN) return undefined;
  return { count: names.reduce((sum, name) => sum + (counts[name] ?? 0), 0), seen };
}

const STALLED_KINDS = ['recovered', 'frozen', 'unresolved'] as const;
const HEALED_KINDS = ['healed'] as const;

/**
 * What became of the SYNs of stalled attempts of the ill arm, or of those that healed, as both sides captured it; where too few of its own
 * were matched, of all arms to the same endpoint. Undefined where these are too few as well.
 */
export function fatesOf(symptom: Symptom, seen: Observations): Fates | undefined {
  const own = sumFates([symptom.arm], symptom.kind, seen);
  const fates = own.matched >= FEWEST_SEEN ? own : sumFates(besideOf(symptom, seen), symptom.kind, seen);
  return fates.matched < FEWEST_SEEN ? undefined : fates;
}

interface Fates {
  readonly counts: ReadonlyMap<SynFate, number>;
  readonly matched: number;
}

/** That an RST came back to what must be refused is how it ended, once its SYN was sent again, and says nothing of why it had stalled. */
function sumFates(arms: readonly ArmSeen[], kind: Symptom['kind'], { both }: Observations): Fates {
  const counts = new Map<SynFate, number>();
  for (const { name, arm } of arms)
    for (const what of kind === 'healed' ? HEALED_KINDS : STALLED_KINDS)
      for (const [fate, count] of Object.entries(both?.series[name]?.fates[what] ?? {}) as [
        SynFate,
        number,
      ][])
        if (fate !== 'unmatched' && !(fate === 'rst-returned' && arm.expect.kind === 'refused'))
          counts.set(fate, (counts.get(fate) ?? 0) + count);
  const matched = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return { counts, matched };
}

const FATE_WORDS: Readonly<Record<SynFate, string>> = {
  unmatched: 'were not found again',
  'not-seen': 'never reached the far side',
  unanswered: 'reached the far side and were not answered',
  'syn-ack-lost': 'were answered by a SYN-ACK that did not come back',
  'ack-lost': 'were answered by a bare ACK that did not come back',
  'rst-lost': 'were answered by an RST that did not come back',
  'icmp-lost': 'were answered by an ICMP error that did not come back',
  'syn-ack-returned': 'were answered by a SYN-ACK that came back',
  'ack-returned': 'were answered by a bare ACK that came back',
  'rst-returned': 'were answered by an RST that came back',
  'icmp-returned': 'were answered by an ICMP error that came back',
  'answered-by-another': 'were answered by something that is not the far side',
};

/**
 * What both sides saw of stalled SYNs, against what a cause predicts of them. Where nothing was captured at the far side it says
 * nothing; one fate among many is an accident.
 */
export function judgeFates(symptom: Symptom, seen: Observations, predicted: readonly SynFate[]): Judgement[] {
  const { kind } = symptom;
  const fates = kind === 'stalled' || kind === 'healed' ? fatesOf(symptom, seen) : undefined;
  if (fates === undefined) return NOTHING;
  const { counts, matched } = fates;
  // The answer of a port that must refuse is an RST: it is lost where SYN-ACKs are.
  const isRefused = symptom.arm.arm.expect.kind === 'refused';
  const all =
    isRefused && predicted.includes('syn-ack-lost') ? [...predicted, 'rst-lost' as const] : predicted;
  const fitting = all.reduce((sum, fate) => sum + (counts.get(fate) ?? 0), 0);
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  const text = `of ${matched} ${kind === 'healed' ? 'such' : 'stalled'} SYNs matched with the far side ${most![1]} ${FATE_WORDS[most![0]]}`;
  if (fitting >= matched * MOST) return supports(text);
  return fitting <= matched * (1 - MOST) ? contradicts(text) : NOTHING;
}

/** Stalled SYNs that met something else than silence, which is all that a cause predicts. */
export function expectSilence(symptom: Symptom): Judgement[] {
  const answered =
    symptom.kind === 'stalled'
      ? shareAnswered(symptom, ['ack', 'ack-foreign', 'rst-foreign', 'syn-ack-foreign'])
      : undefined;
  if (answered === undefined) return NOTHING;
  const { count, seen } = answered;
  return count >= seen * MOST
    ? contradicts(`${count} of ${seen} stalled SYNs met a foreign ACK or RST, not silence`)
    : NOTHING;
}

/** Share of stalled or refused starts that lie in stretches in which nearly everything failed. */
export function shareInGaps({ arm, kind, count }: Symptom): number {
  const what = kind === 'refused' ? 'refused' : 'stalled';
  return arm.gaps.reduce((sum, gap) => sum + gap[what], 0) / Math.max(1, count);
}

/**
 * The same with the seconds right before and after: a stretch that lasts a few seconds begins and ends within one, and what it has there
 * is not nearly everything.
 */
export function shareAtGaps({ arm, kind, count }: Symptom): number {
  const what = kind === 'refused' ? 'refused' : 'stalled';
  let sum = 0;
  for (const [second, counts] of arm.series.bySecond)
    if (
      arm.gaps.some(({ fromSec, toSec }) => second >= Math.floor(fromSec) - 1 && second <= Math.ceil(toSec))
    )
      sum += Math.min(counts.started, counts[what]);
  return sum / Math.max(1, count);
}

/** "none of them lies", "only 3 % of them lie". */
export function fewLie(share: number, of: string): string {
  return share === 0 ? `none of ${of} lies` : `only ${percent(share)} of ${of} lie`;
}

export function percent(share: number): string {
  const value = share * 100;
  return `${value < 10 ? Math.round(value * 10) / 10 : Math.round(value)} %`;
}

/** About how many connections of the arm were open at once while they were short, from rate and duration (Little's law). */
export function openAtOnce(symptom: Symptom): number | undefined {
  const { arm } = symptom;
  if (arm.arm.holdUs > 0 || arm.arm.load.kind === 'browsers') return undefined;
  const { establishedPerSec } = arm.plateau ?? { establishedPerSec: arm.summary.achievedPerSec };
  const openUs = openUsOf(symptom);
  return openUs === undefined ? undefined : (establishedPerSec * openUs) / 1_000_000;
}

/** How long a connection of the arm is open, from its handshake to its end; undefined where nothing was answered on one. */
export function openUsOf({ arm: { summary } }: Symptom): number | undefined {
  const { totalUs, handshakeUs } = summary.service;
  return totalUs.count === 0 ? undefined : Math.max(totalUs.min, totalUs.p50 - handshakeUs.p50);
}
