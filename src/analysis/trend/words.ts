import { wordDifference, wordFigure } from '../compare/words.ts';
import { fewestNights, MIN_NIGHTS } from './reach.ts';
import type { TrendLine } from './types.ts';

/** What is said of a line, without its name. */
export function wordLine(line: Omit<TrendLine, 'sentence'>, alpha: number, isSlight: boolean): string {
  switch (line.verdict) {
    case 'changed':
      return `${wordStep(line)}${wordAlike(line)}`;
    case 'drifted':
      return `${wordDrift(line)}${wordAlike(line)}`;
    case 'no change seen':
      return `${wordNothing(line, isSlight)}${wordAlike(line)}`;
    case 'cannot tell':
      return wordTooFew(line.nights, alpha);
  }
}

function wordStep({ step, unit }: Pick<TrendLine, 'step' | 'unit'>): string {
  if (step === null) return 'changed';
  const { after, plausibleAfter, from, to, ci95, probeChanged } = step;
  const [first, last] = plausibleAfter;
  const where = first === last ? '' : ` (or after a night from ${first} to ${last})`;
  const interval = `95 % interval of the difference ${wordSigned(ci95[0], unit)} to ${wordSigned(ci95[1], unit)}`;
  const suspect =
    probeChanged.length === 0
      ? ''
      : `; the probe changed then too, suspect it first: ${probeChanged.join('; ')}`;
  return `changed after ${after}${where}: from ${wordFigure(from, unit)} to ${wordFigure(to, unit)} (${interval})${suspect}`;
}

function wordDrift({ drift, unit }: Pick<TrendLine, 'drift' | 'unit'>): string {
  if (drift === null) return 'drifts';
  const { perWeek, ci95 } = drift;
  const [low, high] = ci95;
  return `drifts: ${wordSigned(perWeek, unit)} per week (95 % interval ${wordSigned(low, unit)} to ${wordSigned(high, unit)})`;
}

function wordNothing(
  { nights, unit, level, smallestStep }: Pick<TrendLine, 'nights' | 'unit' | 'level' | 'smallestStep'>,
  isSlight: boolean,
): string {
  const reach =
    smallestStep === null
      ? 'no step would have been seen'
      : `a step of ${wordDifference(smallestStep, unit)} half way would have been seen`;
  const slight = isSlight ? '; it moved, by too little to matter' : '';
  return `no change seen in ${nights} nights (${wordFigure(level, unit)}); ${reach}${slight}`;
}

function wordAlike({ correlation, nights }: Pick<TrendLine, 'correlation' | 'nights'>): string {
  if (correlation === null || correlation * Math.sqrt(nights) <= 1.645) return '';
  return `; nights resemble the ones before (correlation ${correlation.toFixed(1)}), which was allowed for`;
}

function wordTooFew(nights: number, alpha: number): string {
  const needed = fewestNights(alpha);
  if (nights < MIN_NIGHTS) {
    return `cannot tell yet: ${nights === 1 ? '1 night counts' : `${nights} nights count`}, ${MIN_NIGHTS} are the least, and ${needed} for any step to be told from chance`;
  }
  return `cannot tell a step from chance with ${nights} nights: ${needed} are the least`;
}

function wordSigned(value: number, unit: TrendLine['unit']): string {
  return `${value > 0 ? '+' : ''}${wordDifference(value, unit)}`;
}
