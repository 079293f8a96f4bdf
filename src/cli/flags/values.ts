import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { RushhourError, UsageError } from '../../errors.ts';
import { parseDuration, parseRate } from '../../scenario/units.ts';
import { isDamaged } from '../../scenario/utf8.ts';

/** A whole number of 1 or more, as a flag's value. */
export function parseCount(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1) {
    throw new InvalidArgumentError('It must be a whole number, 1 or more.');
  }
  return value;
}

/** A number of workers, or `auto`. */
export function parseWorkers(text: string): number | 'auto' {
  return text === 'auto' ? text : parseCount(text);
}

/** A seed: a whole number that fits into 32 bits. */
export function parseSeed(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value >= 2 ** 32) {
    throw new InvalidArgumentError('It must be a whole number from 0 to 4294967295.');
  }
  return value;
}

/** A rate, as attempts a second. */
export const parseRatePerSec = asValue(parseRate);

/** A length of time in microseconds. */
export const parseDurationUs = asValue(parseDuration);

/** Lengths of time in microseconds, separated by commas. */
export function parseDurationsUs(text: string): number[] {
  return text.split(',').map((one) => parseDurationUs(one.trim()));
}

/** Keeps every value of a flag that may be given again. */
export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/** HTTP statuses, separated by commas. */
export function parseStatuses(text: string): number[] {
  const statuses = text.split(',').map(Number);
  if (!statuses.every((status) => Number.isInteger(status) && status >= 100 && status <= 599)) {
    throw new InvalidArgumentError('It must be statuses from 100 to 599, separated by commas.');
  }
  return statuses;
}

/**
 * A request body: the text itself, or the bytes of `@file`, as with curl's --data-binary.
 * @throws UsageError where the file cannot be read, or the text was none as it was typed
 */
export function readBody(text: string, cwd: string): string | Uint8Array {
  if (!text.startsWith('@')) return checkTyped('-d', text);
  const file = resolve(cwd, text.slice(1));
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new UsageError(
      `-d ${text}: the file cannot be read (${cause instanceof Error ? cause.message : cause})`,
      {
        hint: 'check the path; put a body that itself starts with @ into a file',
        cause,
      },
    );
  }
}

/** @throws UsageError where what was typed is not UTF-8, and so would not be sent as it was typed */
export function checkTyped(flag: string, text: string): string {
  if (!isDamaged(text)) return text;
  throw new UsageError(`${flag}: the argument is not UTF-8`, {
    hint:
      flag === '-d'
        ? 'bytes of any kind are sent from a file: -d @FILE'
        : 'type it in a terminal that uses UTF-8',
  });
}

/** Commander names the flag in front of what a value's parser says. */
export function asValue<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof RushhourError)) throw error;
      throw new InvalidArgumentError(`${error.message}${error.hint === undefined ? '' : ` (${error.hint})`}`);
    }
  };
}
