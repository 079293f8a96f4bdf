import { expandNumbered } from './numbered.ts';

/** More than any site has; the field values of all of them are kept in memory. */
const MAX_USERS = 100_000;

/**
 * The names that a pattern stands for: `pupil{1-3000}` for 3,000, `pupil{001-120}@EXAMPLE.ORG` for 120 with three
 * digits each. Text without braces stands for itself.
 * @throws UsageError, which repeats nothing that may be a misplaced secret
 */
export function expandUsers(pattern: string): string[] {
  return expandNumbered(pattern, { one: 'user', example: 'pupil{1-3000}', most: MAX_USERS });
}
