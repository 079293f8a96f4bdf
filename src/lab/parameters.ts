import { UsageError } from '../errors.ts';
import { formatDuration, formatPercentage, parseDuration, parsePercentage } from '../scenario/units.ts';

/** A parameter of a preset. */
export interface Parameter<T> {
  readonly help: string;
  readonly fallback: T;
  /** The permitted values in words: "a whole number from 1 to 10". */
  readonly range: string;
  /** Undefined if the text is out of range. */
  read(text: string): T | undefined;
  format(value: T): string;
}

export type Parameters = Readonly<Record<string, Parameter<unknown>>>;
export type Values<P extends Parameters> = {
  readonly [K in keyof P]: P[K] extends Parameter<infer T> ? T : never;
};

interface Bounds {
  readonly help: string;
  readonly fallback: number;
  readonly min: number;
  readonly max: number;
}

export function wholeNumber({ help, fallback, min, max }: Bounds): Parameter<number> {
  return {
    help,
    fallback,
    range: `a whole number from ${min} to ${max}`,
    read: (text) => within(/^\d+$/.test(text) ? Number(text) : Number.NaN, min, max),
    format: String,
  };
}

/** Seconds, for settings that the kernel stores in whole seconds. */
export function wholeSeconds({ help, fallback, min, max }: Bounds): Parameter<number> {
  const format = (sec: number): string => formatDuration(sec * 1_000_000);
  return {
    help,
    fallback,
    range: `whole seconds from ${format(min)} to ${format(max)}, such as 20s or 2m`,
    read(text) {
      const sec = (readUs(text) ?? Number.NaN) / 1_000_000;
      return Number.isInteger(sec) ? within(sec, min, max) : undefined;
    },
    format,
  };
}

/** Milliseconds. */
export function milliseconds({ help, fallback, min, max }: Bounds): Parameter<number> {
  const format = (ms: number): string => formatDuration(ms * 1_000);
  return {
    help,
    fallback,
    range: `a time from ${format(min)} to ${format(max)}, such as 80ms or 5s`,
    read: (text) => within(Math.round((readUs(text) ?? Number.NaN) / 1_000), min, max),
    format,
  };
}

/** A share, 0-1, written as a percentage. */
export function share({ help, fallback, min, max }: Bounds): Parameter<number> {
  return {
    help,
    fallback,
    range: `a percentage from ${formatPercentage(min)} to ${formatPercentage(max)}`,
    read: (text) => within(attempt(() => parsePercentage(text)) ?? Number.NaN, min, max),
    format: formatPercentage,
  };
}

export function oneOf<const T extends string>(
  words: readonly T[],
  { help, fallback }: { readonly help: string; readonly fallback: NoInfer<T> },
): Parameter<T> {
  return {
    help,
    fallback,
    range: words.join(' or '),
    read: (text) => words.find((word) => word === text),
    format: (word) => word,
  };
}

function readUs(text: string): number | undefined {
  return attempt(() => parseDuration(text));
}

function within(value: number, min: number, max: number): number | undefined {
  return value >= min && value <= max ? value : undefined;
}

function attempt<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}
