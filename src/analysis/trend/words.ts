import { formatDifference, formatFigure } from '../compare/words.ts';
import { MIN_NIGHTS, minimumNights } from './reach.ts';
import type { TrendLine } from './types.ts';

/** What is said of a line, without its name. */
export function formatLine(line: Omit<TrendLine, 'sentence'>, alpha: number, isSlight: boolean): string {
  switch (line.verdict) {
    case 'changed':
      return `${formatStep(line)}${formatAlike(line)}`;
    case 'drifted':
      return `${formatDrift(line)}${formatAlike(line)}`;
    case 'no change seen':
      return `${formatNothing(line, isSlight)}${formatAlike(line)}`;
    case 'cannot tell':
      return formatTooFew(line.nights, alpha);
  }
}

function formatStep({ step, unit }: Pick<TrendLine, 'step' | 'unit'>): string {
  if (step === null) return 'changed';
  const { after, plausibleAfter, from, to, ci95, probeChanged } = step;
  const [first, last] = plausibleAfter;
  const where = first === last ? '' : ` (or after a night from ${first} to ${last})`;
  const interval = `95 % interval of the difference ${formatSigned(ci95[0], unit)} to ${formatSigned(ci95[1], unit)}`;
  const suspect =
    probeChanged.length === 0
      ? ''
      : `; the probe changed at the same time, so suspect it first: ${probeChanged.join('; ')}`;
  return `changed after ${after}${where}: from ${formatFigure(from, unit)} to ${formatFigure(to, unit)} (${interval})${suspect}`;
}

function formatDrift({ drift, unit }: Pick<TrendLine, 'drift' | 'unit'>): string {
  if (drift === null) return 'drifts';
  const { perWeek, ci95 } = drift;
  const [low, high] = ci95;
  return `drifts: ${formatSigned(perWeek, unit)} per week (95 % interval ${formatSigned(low, unit)} to ${formatSigned(high, unit)})`;
}

function formatNothing(
  { nights, unit, level, smallestStep }: Pick<TrendLine, 'nights' | 'unit' | 'level' | 'smallestStep'>,
  isSlight: boolean,
): string {
  const reach =
    smallestStep === null
      ? 'no step would have been seen'
      : `a step of ${formatDifference(smallestStep, unit)} halfway through would have been seen`;
  const slight = isSlight ? '; it moved, but too little to matter' : '';
  return `no change seen in ${nights} nights (${formatFigure(level, unit)}); ${reach}${slight}`;
}

function formatAlike({ correlation, nights }: Pick<TrendLine, 'correlation' | 'nights'>): string {
  if (correlation === null || correlation * Math.sqrt(nights) <= 1.645) return '';
  return `; successive nights are alike (correlation ${correlation.toFixed(1)}), and the verdict allows for that`;
}

function formatTooFew(nights: number, alpha: number): string {
  const needed = minimumNights(alpha);
  if (nights < MIN_NIGHTS) {
    return `cannot tell yet: ${nights === 1 ? '1 night counts' : `${nights} nights count`}; at least ${MIN_NIGHTS} are needed, and ${needed} to tell a step from chance`;
  }
  return `cannot tell a step from chance with ${nights} nights: at least ${needed} are needed`;
}

function formatSigned(value: number, unit: TrendLine['unit']): string {
  return `${value > 0 ? '+' : ''}${formatDifference(value, unit)}`;
}
