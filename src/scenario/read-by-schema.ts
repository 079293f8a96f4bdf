import * as z from 'zod';
import { UsageError } from '../errors.ts';
import { openDocument } from './document.ts';
import { explainIssues, type IsHidden } from './issues.ts';
import type { Path } from './problems.ts';

/** What errors say of a file. */
export interface FileWords {
  /** Its path, as typed or found. */
  readonly file: string;
  /** Such as "the defaults have". */
  readonly has: string;
  /** What such a file may contain. */
  readonly hint: string;
  /** Whether a value at a path must not be repeated; absent: as in scenarios. */
  readonly isHidden?: IsHidden;
}

/** A small YAML file that is not a scenario, as its schema reads it. */
export interface ReadFile<T> {
  readonly value: T;
  /** As written; a file with only comments is an empty map. */
  readonly raw: Readonly<Record<string, unknown>>;
  /** Line of a key, from 1. */
  lineOf(path: Path): number;
}

/**
 * Reads a YAML file that is a map.
 * @throws UsageError naming every mistake with its line and what to do
 */
export function readBySchema<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
  { file, has, hint, isHidden }: FileWords,
): ReadFile<z.output<Schema>> {
  const refuse = (lines: readonly string[]): never => {
    const count = lines.length === 1 ? 'a mistake' : `${lines.length} mistakes`;
    throw new UsageError([`${has} ${count}:`, ...lines].join('\n  '), { hint });
  };
  const document = openDocument(text);
  const broken = [...document.syntax, ...document.findReserved()];
  if (broken.length > 0) {
    refuse(broken.map(({ what, fix, position }) => `${file}:${position.line}: ${what} — ${fix}`));
  }
  // A file with only comments is not a mistake.
  const raw = document.data() ?? {};
  const parsed = schema.safeParse(raw);
  if (!parsed.success) {
    const exported = { ...z.toJSONSchema(schema, { io: 'input', target: 'draft-7' }) };
    refuse(
      explainIssues(parsed.error.issues, raw, exported, isHidden).map(
        ({ what, fix, path, atKey }) =>
          `${file}:${document.locate(path, atKey ?? false).line}: ${what} — ${fix}`,
      ),
    );
  }
  return {
    value: parsed.data as z.output<Schema>,
    raw: raw as Readonly<Record<string, unknown>>,
    lineOf: (path) => document.locate(path, true).line,
  };
}
