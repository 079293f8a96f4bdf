import { UsageError } from '../errors.ts';

/** What a pattern is read for. */
export interface Numbered {
  /** As in "user names" and "a pattern of 7 users". */
  readonly one: string;
  readonly example: string;
  /** Names that one pattern may stand for. */
  readonly most: number;
}

const PATTERN = /^([^{}]*)\{(\d{1,9})-(\d{1,9})\}([^{}]*)$/;

/**
 * The names that a pattern stands for: `pupil{1-3000}` for 3,000, `cdn{001-120}.example.org` for 120 with three digits
 * each. Text without braces stands for itself.
 * @throws UsageError, which repeats nothing that may be a misplaced secret
 */
export function expandNumbered(pattern: string, { one, example, most }: Numbered): string[] {
  const match = PATTERN.exec(pattern);
  if (match === null) {
    if (!/[{}]/.test(pattern) && pattern !== '') return [pattern];
    throw new UsageError(`these are not ${one} names`, { hint: `write one name, or a pattern: ${example}` });
  }
  const [, before = '', first = '', last = '', after = ''] = match;
  const count = Number(last) - Number(first) + 1;
  if (count < 1 || count > most) {
    throw new UsageError(`a pattern of ${count} ${one}s`, {
      hint: `write the lowest number first, and at most ${most.toLocaleString('en-GB')} ${one}s`,
    });
  }
  return Array.from(
    { length: count },
    (_, index) => `${before}${String(Number(first) + index).padStart(first.length, '0')}${after}`,
  );
}
