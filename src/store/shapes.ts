import { z } from 'zod';

/** Files of a folder may come from another version, which adds fields, or have been damaged: what is there is checked, what is more is kept. */
export const some = z.looseObject;

export const text = z.string();
export const figure = z.number();
/** Of whatever was counted: adding two never passes what a double holds exactly. */
export const count = z
  .int()
  .min(0)
  .max(2 ** 52);
/** Counts by key. In one second one may be below 0: an attempt of the second before turned out not to have been sent. */
export const counts = z.record(
  text,
  z
    .int()
    .min(-(2 ** 52))
    .max(2 ** 52),
);
/** Counts by the second, or another number. */
export const countsByNumber = z.record(
  z.string().regex(/^-?\d{1,15}$/),
  z
    .int()
    .min(-(2 ** 52))
    .max(2 ** 52),
);

/** The last second that a run may have: an array is made of as many. A night is 86,400; this is more than three months. */
const MAX_SECOND = 10_000_000;
export const second = z.int().min(0).max(MAX_SECOND);

/** A moment that a calendar has, as RFC 3339 writes it. */
export const moment = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT/)
  .refine((written) => !Number.isNaN(Date.parse(written)), 'is no moment');

/** Names that are keys of objects: none that every object has already. */
export const armName = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,40}$/)
  .refine((name) => !(name in Object.prototype), 'is no name of an arm');

/** What stands in one line, and names something. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
export const name = z.string().regex(/^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]+$/);

/** What is wrong, in a line: where, and what belongs there. */
export function formatFirstIssue({ issues }: z.ZodError): string {
  const [issue] = issues;
  if (issue === undefined) return 'it is not what it should be';
  const where = issue.path.join('.');
  return `${where === '' ? '' : `${where}: `}${issue.message}`;
}
