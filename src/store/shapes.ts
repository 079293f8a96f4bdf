import * as z from 'zod';

/** Files of a folder may come from another version, which adds fields, or have been damaged: what is there is checked, what is more is kept. */
export const some = z.looseObject;

/** What the schema takes of such a value: the same, with all of it mutable. */
type Plain<T> = T extends object ? { -readonly [K in keyof T]: Plain<T[K]> } : T;

/** A schema that a value of type T passes; a value that passes it is taken for one. */
export type SchemaOf<T> = z.ZodType & { readonly '~of'?: T };

/**
 * States which type a schema is for. If the type is changed so that its values would no longer pass, this no longer
 * compiles.
 */
export function schemaOf<T>() {
  return <S extends z.ZodType>(schema: Plain<T> extends z.input<S> ? S : never): SchemaOf<T> => schema;
}

/** A check whether a value is what a schema is for. */
export function guardOf<T>(schema: SchemaOf<T>): (value: unknown) => value is T {
  return (value): value is T => schema.safeParse(value).success;
}

export const text = z.string();
export const figure = z.number();
/** Of whatever was counted: adding two never passes what a double holds exactly. */
export const count = z
  .int()
  .min(0)
  .max(2 ** 52);
/** Names in a map: some hundreds at the most where the generator wrote it; each costs whoever sums them up. */
const MOST_NAMES = 10_000;

/** What stands under names, of which there are not too many. */
export function byName<T extends z.ZodType>(
  value: T,
  mostNames = MOST_NAMES,
): z.ZodType<Record<string, z.infer<T>>> {
  return z
    .record(text, value)
    .refine((map) => Object.keys(map).length <= mostNames, `has more than ${mostNames} names`);
}

/** Counts by key. In one second one may be below 0: an attempt of the second before turned out not to have been sent. */
export const counts = byName(
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

/**
 * The highest number of a second that a run may have, because an array of that length is allocated. A night has
 * 86,400; this is more than three months.
 */
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

/** A name that fits on one line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
export const name = z.string().regex(/^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]+$/);

/** What is wrong with a value, in a line: where, and what belongs there. */
export function formatFirstIssue({ issues }: z.ZodError, value: unknown): string {
  const [issue] = issues;
  if (issue === undefined) return 'it does not have the expected form';
  const where = issue.path.map((part) => shorten(String(part))).join('.');
  return `${where === '' ? 'it' : where} ${wordsOf(issue, value)}`;
}

const LONGEST_NAME = 40;

function shorten(name: string): string {
  return name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}...` : name;
}

/** What zod expects, in words. */
const KINDS: Readonly<Record<string, string>> = {
  ...{ array: 'a list', object: 'an object', record: 'an object', tuple: 'a list' },
  ...{ string: 'a text', number: 'a number', int: 'a whole number', boolean: 'true or false' },
};

function wordsOf(issue: z.core.$ZodIssue, whole: unknown): string {
  if (issue.path.length > 0 && valueAt(whole, issue.path) === undefined) return 'is missing';
  switch (issue.code) {
    case 'invalid_type':
      return `should be ${KINDS[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `should be ${issue.values.map(String).join(' or ')}`;
    case 'too_small':
      return `is less than ${issue.minimum}`;
    case 'too_big':
      return `is more than ${issue.maximum}`;
    case 'invalid_key':
      return 'is a key that does not belong there';
    case 'custom':
      return issue.message;
    default:
      return 'does not have the expected form';
  }
}

function valueAt(whole: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined,
    whole,
  );
}
