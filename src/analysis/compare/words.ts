import type { LineUnit } from './types.ts';

/** A figure in its natural unit, three significant digits. */
export function formatFigure(value: number, unit: LineUnit): string {
  switch (unit) {
    case 'share':
      return `${digits(value * 100)} %`;
    case 'us':
      return formatMicros(value);
    case 'perSec':
      return `${digits(value)}/s`;
    case 'ratio':
      return digits(value);
  }
}

/** A difference, or how large one would have to be: shares in percentage points. */
export function formatDifference(value: number, unit: LineUnit): string {
  return unit === 'share' ? `${digits(value * 100)} points` : formatFigure(value, unit);
}

function formatMicros(us: number): string {
  const size = Math.abs(us);
  if (size < 1_000) return `${Math.round(us)} us`;
  if (size < 999_500) return `${digits(us / 1_000)} ms`;
  return `${digits(us / 1_000_000)} s`;
}

function digits(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toString();
  return Number(value.toPrecision(size < 1 ? 2 : 3)).toString();
}
