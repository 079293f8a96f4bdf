import { NotRegular, readRegular, TooLarge } from '../bounded-file.ts';
import { formatFirstIssue, type SchemaOf } from './shapes.ts';

/** Ours are far smaller. */
const MAX_BYTES = 64 * 2 ** 20;

/** What a JSON file came to: what it should be, or nothing, or why it is not what it should be. */
export type JsonFile<T> =
  | { readonly kind: 'whole'; readonly value: T }
  | { readonly kind: 'missing' }
  | { readonly kind: 'damaged'; readonly why: string };

/** Reads a file of JSON and checks it. Throws nothing. */
export async function readJson<T>(path: string, schema: SchemaOf<T>): Promise<JsonFile<T>> {
  let value: unknown;
  try {
    value = JSON.parse(await readRegular(path, MAX_BYTES));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'missing' };
    const isExplained = code !== undefined || error instanceof NotRegular || error instanceof TooLarge;
    return { kind: 'damaged', why: isExplained ? message : 'it is not JSON' };
  }
  const checked = schema.safeParse(value);
  return checked.success
    ? { kind: 'whole', value: value as T }
    : { kind: 'damaged', why: formatFirstIssue(checked.error, value) };
}
