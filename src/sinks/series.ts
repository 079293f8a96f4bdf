import type { SeriesName } from '../metrics/types.ts';

/** An arm, and which part of it: `measured`, its ramps (`ramp`), or what was excluded (`aside`). */
export interface ArmPart {
  readonly arm: string;
  readonly phase: string;
}

/** Series are named `<arm>` or `<arm>~<part>`; an arm's name has no tilde. */
export function splitSeries(series: SeriesName): ArmPart {
  const at = series.indexOf('~');
  if (at < 0) return { arm: series, phase: 'measured' };
  return { arm: series.slice(0, at), phase: series.slice(at + 1) };
}
