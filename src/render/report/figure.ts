import type { HtmlTable } from './html.ts';

/** Scale of an axis; `percentile`: the logarithm of 1 / (1 - share). */
export type Scale = 'linear' | 'log' | 'asinh' | 'percentile';
export type AxisUnit = 'sec' | 'us' | 'count' | 'percent' | 'percentile';

export interface Axis {
  readonly label: string;
  readonly scale: Scale;
  readonly unit: AxisUnit;
  /** Ends of the axis; default: those of the data. */
  readonly range?: readonly [number, number];
}

export interface Series {
  readonly label: string;
  /** Index in the page's palette. */
  readonly colour: number;
  readonly dash?: readonly number[];
  readonly look: 'line' | 'steps' | 'points';
  /** One value for every x; null: a gap. */
  readonly y: readonly (number | null)[];
}

/** One plot, with all that the page's script needs. */
export interface Plot {
  /** Its subject, if a figure has several plots. */
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly at: readonly number[];
  readonly series: readonly Series[];
  /** Shaded ranges of x. */
  readonly spans: readonly { readonly from: number; readonly to: number; readonly kind: 'outage' | 'ramp' }[];
  /** Labelled lines across the plot. */
  readonly marks: readonly { readonly at: number; readonly label: string }[];
}

/** A figure of the report: plots, a description, and the same data as a table. */
export interface Figure {
  readonly id: string;
  readonly heading: string;
  /** What the figure shows, in a sentence or two. */
  readonly note: string;
  readonly plots: readonly Plot[];
  readonly table: HtmlTable;
}

/**
 * Numbers as embedded in the page: a run of zeros is stored as its negative length, so that a quiet hour takes a few
 * bytes. Null stays null.
 */
export function packNumbers(values: readonly (number | null)[]): (number | null)[] {
  const packed: (number | null)[] = [];
  let zeros = 0;
  for (const value of values) {
    if (value === 0) {
      zeros += 1;
      continue;
    }
    if (zeros > 0) packed.push(-zeros);
    zeros = 0;
    packed.push(value === null ? null : Number(value.toPrecision(6)));
  }
  if (zeros > 0) packed.push(-zeros);
  return packed;
}

/** A plot as it is embedded. */
export function packPlot(plot: Plot): object {
  return {
    ...plot,
    at: packNumbers(plot.at),
    series: plot.series.map((series) => ({ ...series, y: packNumbers(series.y) })),
  };
}
