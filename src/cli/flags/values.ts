import { resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { readNamedSync } from '../../bounded-file.ts';
import { RushhourError, UsageError } from '../../errors.ts';
import { aboveZero, parseDuration, parseRate } from '../../scenario/units.ts';
import { isDamaged } from '../../scenario/utf8.ts';

/** All of a body is in memory, and is sent again and again. */
const MOST_BODY_BYTES = 2 ** 28;

/** Parses a whole number of 1 or more. */
export function parseCount(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1) {
    throw new InvalidArgumentError('It must be a whole number, 1 or more.');
  }
  return value;
}

/** Parses a number of workers, or `auto`. */
export function parseWorkers(text: string): number | 'auto' {
  return text === 'auto' ? text : parseCount(text);
}

/** Parses a seed: a whole number of 32 bits. */
export function parseSeed(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value >= 2 ** 32) {
    throw new InvalidArgumentError('It must be a whole number from 0 to 4294967295.');
  }
  return value;
}

/** Parses a rate above 0 to attempts per second. */
export const parseRatePerSec = asValue(aboveZero(parseRate, 'write a higher rate, or leave it out'));

/** Parses a duration to microseconds. */
export const parseDurationUs = asValue(parseDuration);

/** The same, but refuses 0: nothing would be tried, or all of it given up at once. */
export const parsePositiveDurationUs = asValue(
  aboveZero(parseDuration, 'write a longer time, or leave it out'),
);

/** Parses durations above 0, separated by commas, to microseconds. */
export function parseDurationsUs(text: string): number[] {
  return text.split(',').map((one) => parsePositiveDurationUs(one.trim()));
}

/** Collects the values of a repeatable flag. */
export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/** HTTP statuses, separated by commas; a class, such as `3xx`, is all of its hundred. */
export function parseStatuses(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const [, hundred] = /^([1-5])xx$/i.exec(part.trim()) ?? [];
    if (hundred !== undefined)
      return Array.from({ length: 100 }, (_, index) => Number(hundred) * 100 + index);
    const status = Number(part);
    if (Number.isInteger(status) && status >= 100 && status <= 599) return [status];
    throw new InvalidArgumentError(
      'It must be statuses from 100 to 599, or classes such as 2xx, separated by commas.',
    );
  });
}

/**
 * A request body: the text itself, or the bytes of `@file`, as with curl's --data-binary.
 * @throws UsageError if the file cannot be read, or the text was not valid as typed
 */
export function readBody(text: string, cwd: string): string | Uint8Array {
  if (!text.startsWith('@')) return checkTyped('-d', text);
  const file = resolve(cwd, text.slice(1));
  try {
    return readNamedSync(file, MOST_BODY_BYTES);
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

/** @throws UsageError if the argument is not UTF-8, because it would be sent changed */
export function checkTyped(flag: string, text: string): string {
  if (!isDamaged(text)) return text;
  throw new UsageError(`${flag}: the argument is not UTF-8`, {
    hint:
      flag === '-d'
        ? 'to send arbitrary bytes, use a file: -d @FILE'
        : 'type it in a terminal that uses UTF-8',
  });
}

/** Commander puts the flag's name before the parser's message. */
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

export function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535)
    throw new InvalidArgumentError('It must be a port, 0 to 65535.');
  return port;
}
