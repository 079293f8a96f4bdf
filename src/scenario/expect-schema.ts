import * as z from 'zod';
import { UsageError } from '../errors.ts';
import type { ContentExpectation, Expectation } from '../outcome/expectation.ts';
import { checkHeaderValue, fixParams, namedKey, parsedQuantity, parsedText, TOKEN } from './leaves.ts';

const status = z.int().min(100).max(599);

const text = parsedText(readText, { examples: ['Welcome'] });
const pattern = parsedText(readPattern, { examples: ['<title>[^<]*News</title>'] });
const oneOrMore = <T extends z.ZodType>(item: T) => z.union([item, z.array(item).min(1)]);

const body = z
  .strictObject({
    contains: oneOrMore(text).optional().describe('Text that the body must contain, or a list: all of them.'),
    matches: oneOrMore(pattern)
      .optional()
      .describe(
        'JavaScript regular expression that the first 64 KiB of the body must match; or a list, which must all match.',
      ),
    notContains: oneOrMore(text)
      .optional()
      .describe('Text that the body must not contain, or a list: none of them.'),
  })
  .check(refuseEmpty('contains, matches or notContains'))
  .describe('What the response’s body must contain.');

/** `{ status, body, bytes, header }`, at least one of them. */
const response = z
  .strictObject({
    status: z
      .union([status, z.array(status)])
      .optional()
      .describe('One status or a list; [] accepts any. Default: 200.'),
    body: body.optional(),
    bytes: parsedQuantity(readBytes, { examples: ['100..5000', '1..', 1_234] })
      .optional()
      .describe(
        'Length of the body in bytes, without chunked coding: a number, or a range, both ends included.',
      ),
    header: z
      .record(
        namedKey(TOKEN, 'header name', 'use letters, digits and hyphens'),
        parsedText(checkHeaderValue, { examples: ['text/html'] }),
      )
      .optional()
      .describe('Fields that the response must have, each with its complete value.'),
  })
  .check(refuseEmpty('status, body, bytes or header'))
  .describe('What the response must be: one of these statuses, and what it must contain.');

/** What counts as completed. */
export const expect = z.union([z.enum(['refused', 'established']), response]).transform(toExpectation);

function refuseEmpty(keys: string) {
  return (context: z.core.ParsePayload<object>): void => {
    if (Object.values(context.value).some((value) => value !== undefined)) return;
    context.issues.push({
      code: 'custom',
      message: 'an empty expectation',
      params: fixParams(`add ${keys}`),
      input: context.value,
    });
  };
}

function readText(written: string): string {
  if (written !== '') return written;
  throw new UsageError('an empty text matches every body', { hint: 'write what the body must contain' });
}

function readPattern(written: string): string {
  readText(written);
  try {
    new RegExp(written);
    return written;
  } catch (error) {
    const { message } = error as Error;
    throw new UsageError(`${JSON.stringify(written)} is not a regular expression (${message})`, {
      hint: 'use JavaScript syntax, without slashes; in YAML, single quotes preserve backslashes',
    });
  }
}

function readBytes(written: string): NonNullable<ContentExpectation['bytes']> {
  const [, one, low, high] = /^(?:(\d+)|(\d*)\.\.(\d*))$/.exec(written.trim()) ?? [];
  const from = Number(one ?? (low === '' ? 0 : low));
  const to = one ?? (high === '' ? Number.MAX_SAFE_INTEGER : high);
  if (
    Number.isSafeInteger(from) &&
    Number.isSafeInteger(Number(to)) &&
    (low ?? '') + (high ?? '') + (one ?? '') !== ''
  ) {
    if (from <= Number(to)) return { from, to: Number(to) };
    throw new UsageError(`"${written}" ends before it begins`, { hint: 'write the smaller number first' });
  }
  throw new UsageError(`"${written}" is not a number of bytes`, {
    hint: 'write a number, or a range such as 100..5000, 100.. or ..5000',
  });
}

type Written = z.output<typeof response>;

function toExpectation(written: 'refused' | 'established' | Written): Expectation {
  if (typeof written === 'string') return { kind: written };
  const content = toContent(written);
  return {
    kind: 'status',
    statuses: [written.status ?? 200].flat(),
    ...(content === undefined ? {} : { content }),
  };
}

function toContent({ body, bytes, header }: Written): ContentExpectation | undefined {
  if (body === undefined && bytes === undefined && header === undefined) return undefined;
  const list = (texts: string | string[] | undefined): string[] => [texts ?? []].flat();
  return {
    ...(body !== undefined && {
      body: {
        contains: list(body.contains),
        matches: list(body.matches),
        notContains: list(body.notContains),
      },
    }),
    ...(bytes !== undefined && { bytes }),
    ...(header !== undefined && {
      headers: Object.entries(header).map(([name, value]) => [name.toLowerCase(), value.trim()] as const),
    }),
  };
}
