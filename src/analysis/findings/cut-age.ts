import type { Histogram } from '../../metrics/histogram.ts';
import { CUTS, type Cut } from '../../outcome/cut.ts';
import type { Arm } from '../../scenario/types.ts';
import { watchedUs } from '../measured-time.ts';
import type { ArmSummary, Finding, ProofsAtAge } from '../types.ts';
import type { Finder } from './finder.ts';

/** Cuts this close together, relative to their age, come from one timer. */
const NARROW_SPREAD = 0.05;

/** Fewer cuts than this do not form a pattern, */
const ENOUGH_CUTS = 10;

/** unless they were at one age: that so many are by chance has odds of one in ten thousand. */
const ENOUGH_AT_ONE_AGE = 5;

export const cutAge: Finder = {
  inArm: (arm, { arms, histograms, tally }) =>
    findCutAge(
      arm,
      arms[arm.name]!,
      histograms.get(`${arm.name}.cutAge`),
      watchedUs(tally.series(arm.name).counts, tally.lastSecond),
    ),
};
/** From this share of the connections proved at one age, the age rather than the connection decides. */
const NEARLY_ALL = 0.9;

type Cuts = Readonly<Partial<Record<Cut, number>>>;

/**
 * The age at which something cuts connections that are kept open, and how: immediately, by RST or FIN; or silently,
 * so that only a proof detects it and gives an upper bound for the age.
 * @param watchedUs from the arm's first start to the end of the recording: a run that was cut short, or a stop that
 *   released held connections, watched none for longer
 */
export function findCutAge(
  arm: Arm,
  summary: ArmSummary,
  cutAge: Histogram | undefined,
  watchedUs: number,
): Finding[] {
  if (arm.holdUs === 0) return [];
  const base = { kind: 'cut-age', arm: arm.name } as const;
  const { cuts = {}, proofs = [], lost = 0 } = summary;
  // For those open when the process was killed, it is unknown whether they were cut.
  const established = Math.max(0, summary.established - lost);
  const seen = cutAge === undefined || cutAge.totalCount === 0 ? undefined : cutAge;
  const found = sumCuts(proofs.map((proof) => proof.cuts));
  const foundCount = countCuts(found);
  const count = (seen?.totalCount ?? 0) + foundCount;
  if (count === 0) {
    const held = `${established} connections were held for up to ${heldSec(arm.holdUs, watchedUs)} s and none was cut`;
    const text =
      established === 0
        ? 'no connection was established, so none could be cut'
        : held + formatAllAlive(proofs);
    return [{ ...base, confidence: 'none', count: 0, text }];
  }
  const atOnce = seen === undefined ? undefined : describeSeen(seen, subtractCuts(cuts, found), established);
  const later = foundCount === 0 ? undefined : describeFound(proofs, foundCount);
  const parts = [atOnce, later].flatMap((part) => part ?? []);
  return [
    {
      ...base,
      ...{ confidence: parts[0]!.confidence, count, cuts },
      ...Object.assign({}, ...parts.map(({ figures }) => figures)),
      text: parts.map(({ text }) => text).join('; '),
    },
  ];
}

interface Part {
  readonly confidence: Finding['confidence'];
  readonly figures: Readonly<Record<string, number>>;
  readonly text: string;
}

/** Connections whose end was seen when it happened. */
function describeSeen(ages: Histogram, cuts: Cuts, held: number): Part {
  const seconds = (percentile: number): number =>
    Math.round(ages.getValueAtPercentile(percentile) / 1_000) / 1_000;
  const [p10, p50, p90] = [seconds(10), seconds(50), seconds(90)];
  const isNarrow = p90 - p10 <= NARROW_SPREAD * p50;
  const isMany = ages.totalCount >= ENOUGH_CUTS;
  return {
    confidence:
      isNarrow && ages.totalCount >= ENOUGH_AT_ONE_AGE ? 'high' : isNarrow || isMany ? 'medium' : 'low',
    figures: { ageSec: p50 },
    text: `${ages.totalCount} of ${held} held connections were cut${formatHow(cuts)} at an age of ${p50} s (p10 ${p10} s, p90 ${p90} s)`,
  };
}

/** Connections found cut by a keep-alive: the ages at which others were still alive show when they were cut. */
function describeFound(proofs: readonly ProofsAtAge[], count: number): Part {
  const asked = proofs.reduce((sum, { alive }) => sum + alive, count);
  const cut = proofs.find((proof) => countCuts(proof.cuts) >= NEARLY_ALL * sizeOf(proof));
  const last = cut ?? proofs.findLast((proof) => countCuts(proof.cuts) > 0)!;
  const alive = proofs.findLast((proof) => proof.ageSec < last.ageSec && countCuts(proof.cuts) === 0);
  const how = formatHow(sumCuts(proofs.map((proof) => proof.cuts)));
  const between =
    alive === undefined
      ? ''
      : `, ${alive.alive === 1 ? 'the one' : `all ${alive.alive}`} after ${alive.ageSec} s`;
  const isMany = count >= ENOUGH_CUTS;
  return {
    confidence: isMany && cut !== undefined ? 'high' : isMany || cut !== undefined ? 'medium' : 'low',
    figures: { foundAtSec: last.ageSec, ...(alive === undefined ? {} : { aliveAtSec: alive.ageSec }) },
    text: `${count} of ${asked} held connections proved to be cut${how} when checked by keep-alives: ${last.alive} of ${sizeOf(last)} were alive after ${last.ageSec} s of silence${between}`,
  };
}

function formatAllAlive(proofs: readonly ProofsAtAge[]): string {
  const alive = proofs.reduce((sum, proof) => sum + proof.alive, 0);
  if (alive === 0) return '; none was checked by keep-alives, so a silent cut would not show';
  const [first, last] = [proofs[0]!.ageSec, proofs.at(-1)!.ageSec];
  return `; ${alive} answered a keep-alive after ${first === last ? first : `${first} to ${last}`} s`;
}

/** The most frequent way first. Runs of an earlier version do not record it. */
function formatHow(cuts: Cuts): string {
  const ways = CUTS.filter((how) => (cuts[how] ?? 0) > 0).sort((a, b) => cuts[b]! - cuts[a]!);
  const [only] = ways;
  if (only === undefined) return '';
  if (ways.length === 1) return ` ${WORDS[only]}`;
  return ` (${ways.map((how) => `${cuts[how]} ${WORDS[how]}`).join(', ')})`;
}

const WORDS: Readonly<Record<Cut, string>> = {
  silence: 'silently',
  RST: 'by RST',
  FIN: 'by FIN',
  other: 'by another error',
};

function sizeOf({ alive, cuts }: ProofsAtAge): number {
  return alive + countCuts(cuts);
}

function countCuts(cuts: Cuts): number {
  return CUTS.reduce((sum, how) => sum + (cuts[how] ?? 0), 0);
}

function sumCuts(parts: readonly Cuts[]): Cuts {
  return Object.fromEntries(CUTS.map((how) => [how, parts.reduce((sum, cuts) => sum + (cuts[how] ?? 0), 0)]));
}

function subtractCuts(all: Cuts, part: Cuts): Cuts {
  return Object.fromEntries(CUTS.map((how) => [how, Math.max(0, (all[how] ?? 0) - (part[how] ?? 0))]));
}

function heldSec(holdUs: number, watchedUs: number): number {
  return watchedUs < holdUs ? Math.floor(watchedUs / 100_000) / 10 : holdUs / 1_000_000;
}
