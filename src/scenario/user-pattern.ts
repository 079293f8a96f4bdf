import { UsageError } from '../errors.ts';

/** More than any site has; the field values of all of them are kept in memory. */
const MAX_USERS = 100_000;

const PATTERN = /^([^{}]*)\{(\d{1,9})-(\d{1,9})\}([^{}]*)$/;

/**
 * The names that a pattern stands for: `pupil{1-3000}` for 3,000, `pupil{001-120}@EXAMPLE.ORG` for 120 with three
 * digits each. Text without braces stands for itself.
 * @throws UsageError, which repeats nothing that may be a misplaced secret
 */
export function expandUsers(pattern: string): string[] {
  const match = PATTERN.exec(pattern);
  if (match === null) {
    if (!/[{}]/.test(pattern) && pattern !== '') return [pattern];
    throw new UsageError('these are not user names', { hint: 'write one name, or a pattern: pupil{1-3000}' });
  }
  const [, before = '', first = '', last = '', after = ''] = match;
  const count = Number(last) - Number(first) + 1;
  if (count < 1 || count > MAX_USERS) {
    throw new UsageError(`a pattern of ${count} users`, {
      hint: `write the lowest number first, and at most ${MAX_USERS.toLocaleString('en-GB')} users`,
    });
  }
  return Array.from(
    { length: count },
    (_, index) => `${before}${String(Number(first) + index).padStart(first.length, '0')}${after}`,
  );
}
