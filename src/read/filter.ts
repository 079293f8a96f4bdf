import { UsageError } from '../errors.ts';
import { isBareNumber, parseDuration } from '../scenario/units.ts';
import type { RunListing } from './listing.ts';
import { patternOf } from './pattern.ts';

/** Which runs are meant; what is absent leaves all. */
export interface RunFilter {
  /** Name, or a pattern with `*` and `?`. */
  readonly scenario?: string | undefined;
  /** Label, or a pattern. */
  readonly label?: string | undefined;
  /** Milliseconds since 1970: no run that started before. */
  readonly sinceMs?: number | undefined;
  readonly status?: RunListing['status'] | undefined;
  /** Only those of which a criterion failed. */
  readonly failed?: boolean | undefined;
}

export function filterRuns(
  runs: readonly RunListing[],
  { scenario, label, sinceMs, status, failed }: RunFilter,
): RunListing[] {
  const fits = (pattern: string | undefined, text: string): boolean =>
    pattern === undefined || patternOf(pattern).test(text);
  return runs.filter(
    (run) =>
      fits(scenario, run.scenario) &&
      fits(label, run.label) &&
      (sinceMs === undefined || Date.parse(run.startedAt) >= sinceMs) &&
      (status === undefined || run.status === status) &&
      (failed !== true || run.verdict?.pass === false),
  );
}

const WEEK_MS = 7 * 86_400_000;

/**
 * Parses an age: `2w`, or a duration as everywhere else, `30d`, `12h`. The unit is required: 30 probably means days,
 * and would remove all runs older than 30 s.
 * @returns milliseconds
 * @throws UsageError
 */
export function parseAge(text: string): number {
  if (isBareNumber(text)) {
    const days = text.trim();
    throw new UsageError(`"${text}" is an age without a unit`, {
      hint: `add one: ${days}d for days, ${days}h for hours`,
    });
  }
  const weeks = /^(\d+(?:\.\d+)?)w$/.exec(text.trim())?.[1];
  return weeks === undefined ? parseDuration(text) / 1_000 : Number(weeks) * WEEK_MS;
}

/**
 * Reads a moment: a date or a time as RFC 3339 has them (a date without a time begins at midnight UTC), or an age before now.
 * @returns milliseconds since 1970
 * @throws UsageError
 */
export function parseSince(text: string, nowMs: number): number {
  const trimmed = text.trim();
  if (/^\d{4}-\d{2}-\d{2}([T ].+)?$/.test(trimmed)) {
    const ms = Date.parse(trimmed.replace(' ', 'T'));
    if (!Number.isNaN(ms)) return ms;
  }
  try {
    return nowMs - parseAge(trimmed);
  } catch (cause) {
    throw new UsageError(`"${text}" is neither a date nor an age`, {
      hint: 'write a date, 2025-01-31 or 2025-01-31T06:00:00Z, or an age, 12h, 7d or 2w',
      cause,
    });
  }
}

const BYTES = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 } as const;

/**
 * Reads a size: `500MB`, `2GB`; powers of ten, as sizes are shown.
 * @returns bytes
 * @throws UsageError
 */
export function parseSize(text: string): number {
  const [, count, unit] = /^(\d+(?:\.\d+)?)\s*([kMGT]?)B?$/i.exec(text.trim()) ?? [];
  if (count === undefined) {
    throw new UsageError(`"${text}" is not a size`, {
      hint: 'write a number and a unit, such as 500MB or 2GB',
    });
  }
  const prefix = unit === undefined || unit === '' ? '' : unit.toUpperCase().replace('K', 'k');
  return Number(count) * BYTES[`${prefix}B` as keyof typeof BYTES];
}
