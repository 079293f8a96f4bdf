import { UsageError } from '../errors.ts';

/** Microseconds in each unit of time that a scenario may use. */
const DURATION_UNITS = {
  us: 1,
  ms: 1_000,
  s: 1_000_000,
  m: 60_000_000,
  min: 60_000_000,
  h: 3_600_000_000,
  d: 86_400_000_000,
} as const;

/** Seconds in each unit of time that a rate may use. */
const RATE_UNITS = { s: 1, m: 60, min: 60, h: 3_600 } as const;

const NUMBER = String.raw`\d+(?:\.\d+)?`;
const DURATION_PART = `(${NUMBER})(us|ms|s|min|m|h|d)`;
const BARE_NUMBER = new RegExp(`^${NUMBER}$`);

/** What the parsers accept, as patterns for the exported JSON Schema. */
export const PATTERNS = {
  rate: String.raw`^${NUMBER}k?(\s*/\s*(s|min|m|h))?$`,
  duration: `^(${NUMBER}|(${DURATION_PART})+)$`,
  portRange: String.raw`^\d{1,5}-\d{1,5}$`,
} as const;

/**
 * Reads a rate: `500/s`, `2k/s`, `30/min`, `1/h`; without a unit it is per second, `500`.
 * @returns attempts per second, 0 or more
 * @throws UsageError
 */
export function parseRate(text: string): number {
  const match = new RegExp(String.raw`^(${NUMBER})(k?)(?:\s*/\s*(s|min|m|h))?$`).exec(text.trim());
  if (match === null) {
    throw new UsageError(`"${text}" is not a rate`, {
      hint: 'write a number, with a unit if it is not per second, such as 500, 500/s, 2k/s, 30/min or 1/h',
    });
  }
  const count = Number(match[1]) * (match[2] === 'k' ? 1_000 : 1);
  return count / RATE_UNITS[(match[3] ?? 's') as keyof typeof RATE_UNITS];
}

/** Formats a rate in the unit that keeps it readable, to six digits: `500/s`, `30/min`, `1/h`. */
export function formatRate(perSec: number): string {
  const digits = (value: number) => Number(value.toPrecision(6));
  if (perSec >= 1 || perSec === 0) return `${digits(perSec)}/s`;
  if (digits(perSec * 60) >= 1) return `${digits(perSec * 60)}/min`;
  return `${digits(perSec * 3_600)}/h`;
}

/**
 * Reads a duration: `250ms`, `1.5s`, `2m` (minutes), `8h`, `7d`, or several combined, `1h30m`; without a unit it is in
 * seconds, as with ab, wrk and curl.
 * @returns whole microseconds, 0 or more
 * @throws UsageError
 */
export function parseDuration(text: string): number {
  const trimmed = text.trim();
  if (!new RegExp(PATTERNS.duration).test(trimmed)) {
    throw new UsageError(`"${text}" is not a duration`, {
      hint: 'write seconds, or a number and a unit, such as 60, 250ms, 1.5s, 2m, 8h or 1h30m',
    });
  }
  if (isBareNumber(trimmed)) return Math.round(Number(trimmed) * DURATION_UNITS.s);
  let totalUs = 0;
  for (const [, value, unit] of trimmed.matchAll(new RegExp(DURATION_PART, 'g'))) {
    totalUs += Number(value) * DURATION_UNITS[unit as keyof typeof DURATION_UNITS];
  }
  return Math.round(totalUs);
}

/**
 * Whether a quantity has no unit. If seconds would be a guess, and a wrong guess costly (the age of runs to remove, the
 * bound of a figure), it is refused.
 */
export function isBareNumber(text: string): boolean {
  return BARE_NUMBER.test(text.trim());
}

/** Formats whole microseconds in the largest unit that keeps them exact and readable; parseDuration reads it back. */
export function formatDuration(us: number): string {
  if (us > 0 && us % DURATION_UNITS.h === 0) return `${us / DURATION_UNITS.h}h`;
  if (us > 0 && us % DURATION_UNITS.m === 0) return `${us / DURATION_UNITS.m}m`;
  if (us >= DURATION_UNITS.s || us === 0) return `${us / DURATION_UNITS.s}s`;
  if (us >= DURATION_UNITS.ms) return `${us / DURATION_UNITS.ms}ms`;
  return `${us}us`;
}

/**
 * Reads a share: `0.1%` is 0.001.
 * @throws UsageError
 */
export function parsePercentage(text: string): number {
  const match = new RegExp(String.raw`^(${NUMBER})\s*%$`).exec(text.trim());
  if (match === null) {
    throw new UsageError(`"${text}" is not a percentage`, { hint: 'write a number and %, such as 0.1%' });
  }
  // 99.9 / 100 is 0.9990000000000001, which a share of exactly 999 in 1,000 would miss.
  return Number((Number(match[1]) / 100).toPrecision(15));
}

/** Formats a share as a percentage, to six digits: 0.001 is `0.1%`. */
export function formatPercentage(share: number): string {
  return `${Number((share * 100).toPrecision(6))}%`;
}

export interface PortRange {
  readonly from: number;
  /** Inclusive; not below `from`. */
  readonly to: number;
}

/**
 * Reads a range of ports: `20000-20999`, both ends included, within 1-65535.
 * @throws UsageError
 */
export function parsePortRange(text: string): PortRange {
  const match = new RegExp(PATTERNS.portRange).exec(text.trim());
  const [from = 0, to = 0] = match === null ? [] : text.trim().split('-').map(Number);
  if (from < 1 || to > 65_535 || from > to) {
    throw new UsageError(`"${text}" is not a range of ports`, {
      hint: 'write the first and the last port, lowest first, within 1-65535, such as 20000-20999',
    });
  }
  return { from, to };
}

export function formatPortRange({ from, to }: PortRange): string {
  return `${from}-${to}`;
}

/** Like another parser, but refuses 0. */
export function aboveZero(parse: (text: string) => number, fix: string): (text: string) => number {
  return (text) => {
    const value = parse(text);
    if (value > 0) return value;
    throw new UsageError(`"${text}" must be above 0`, { hint: fix });
  };
}
