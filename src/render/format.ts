import { groupThousands } from '../analysis/group-digits.ts';

/**
 * Figures for people: grouped thousands, few digits, always a unit. Plain ASCII, for tickets and mails. Like Intl in
 * English, which would add 25 ms to every start.
 */

/** `60,000` */
export function formatCount(count: number): string {
  return groupThousands(count.toFixed(0));
}

/** `1,999/s`, one digit after the point below 100. */
export function formatPerSec(ratePerSec: number): string {
  const digits = ratePerSec < 100 && !Number.isInteger(ratePerSec) ? 1 : 0;
  return `${groupThousands(ratePerSec.toFixed(digits))}/s`;
}

/** A share of 0-1 as a percentage, two significant digits below 1 %: `0.058 %`, `12.5 %`. */
export function formatShare(share: number): string {
  const percent = share * 100;
  if (percent === 0) return '0 %';
  if (percent > 0 && percent < 1) {
    const rounded = Number(percent.toPrecision(2));
    // Place of the second significant digit; toFixed allows at most 100.
    return `${trim(rounded.toFixed(Math.min(100, 1 - Math.floor(Math.log10(rounded)))))} %`;
  }
  return `${groupThousands(trim(percent.toFixed(percent < 10 ? 2 : 1)))} %`;
}

/** Without trailing zeros of a fraction. */
function trim(digits: string): string {
  return digits.replace(/\.?0+$/, (zeros) => (digits.includes('.') ? '' : zeros));
}

/** A latency in its natural unit, three significant digits: `312 us`, `1.23 ms`, `45.6 s`. */
export function formatMicros(us: number): string {
  if (us < 1_000) return `${Math.round(us)} us`;
  if (us < 999_500) return `${threeDigits(us / 1_000)} ms`;
  return `${threeDigits(us / 1_000_000)} s`;
}

function threeDigits(value: number): string {
  if (value >= 99.95) return value.toFixed(0);
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}

/** A duration in at most two units: `30 s`, `2 min 30 s`, `8 h 5 min`. Below ten seconds with one decimal. */
export function formatDuration(us: number): string {
  if (us < 9_950_000) return `${Number((us / 1_000_000).toFixed(1))} s`;
  const seconds = Math.round(us / 1_000_000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return joinUnits(Math.floor(seconds / 60), 'min', seconds % 60, 's');
  const minutes = Math.round(seconds / 60);
  return joinUnits(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
}

function joinUnits(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** `840 B`, `12.3 kB`, `1.50 MB`: powers of ten, as file managers count. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 999_500) return `${threeDigits(bytes / 1_000)} kB`;
  return `${threeDigits(bytes / 1_000_000)} MB`;
}

/** `1 criterion`, `2 criteria`. */
export function formatPlural(count: number, one: string, many: string): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** A moment as `2025-01-31 06:00:00 UTC`, from RFC 3339. */
export function formatMoment(rfc3339: string): string {
  return rfc3339.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC');
}
