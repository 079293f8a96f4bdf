import type * as z from 'zod';
import { REFERENCE_FIX } from './auth-schema.ts';
import type { Path, Problem } from './problems.ts';
import { exportJsonSchema } from './schema.ts';
import { isSecretAt } from './secret-places.ts';
import { suggest } from './suggest.ts';

type Issue = z.core.$ZodIssue;

/** A node of the exported JSON Schema, with the parts that problem texts use. */
interface SchemaNode {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
}

/**
 * Turns the schema's issues into text for users: what was found, and what belongs there.
 * @param exported the JSON Schema, input side; that of scenarios by default
 * @param isHidden whether a value at a path must not be repeated; as scenarios have secrets by default
 */
export function explainIssues(
  issues: readonly Issue[],
  raw: unknown,
  exported: object = exportJsonSchema(),
  isHidden: IsHidden = isSecretAt,
): Problem[] {
  return issues.flatMap((issue) => explain(issue, [], { raw, schema: exported as SchemaNode, isHidden }));
}

export type IsHidden = (path: Path, value: unknown) => boolean;

/** What is being explained. */
interface Explained {
  readonly raw: unknown;
  readonly schema: SchemaNode;
  readonly isHidden: IsHidden;
}

function explain(issue: Issue, above: Path, whole: Explained): Problem[] {
  const { raw, schema, isHidden } = whole;
  const path = [...above, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))];
  const value = valueAt(raw, path);
  const node = nodeAt(schema, path);
  const found = formatValue(value, isHidden(path, value));
  if (holdsSecret(path, value)) return [writtenOut(path)];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        what: `unknown key "${key}"`,
        fix: suggest(key, Object.keys(propertiesOf(node))),
        path: [...path, key],
        atKey: true,
      }));
    case 'invalid_key':
      return issue.issues.flatMap((inner) => ({ ...wordsOf(inner), path, atKey: true }));
    case 'invalid_union': {
      const branch = nearestBranch(issue.errors.filter((errors) => !errors.some(isOfOtherType)));
      if (branch !== undefined) return branch.flatMap((inner) => explain(inner, path, whole));
      const words = typeof value === 'string' ? issue.errors.flat().find(isOfOtherWord) : undefined;
      if (words !== undefined) return explain(words, path, whole);
      return [value === undefined ? missing(path, node) : misplaced({ path, value, found }, node)];
    }
    case 'invalid_value':
      return [
        value === undefined
          ? missing(path, node)
          : wrongWord({ path, value, found }, issue.values.map(String)),
      ];
    case 'invalid_type':
      return [value === undefined ? missing(path, node) : misplaced({ path, value, found }, node)];
    case 'too_small':
    case 'too_big':
      return [outOfRange({ path, value, found }, node)];
    default:
      return [{ ...wordsOf(issue), path }];
  }
}

/**
 * Whether a value may be a secret that was written where only a reference belongs; if so, none of it is repeated. Lists
 * and maps are searched, and their parts judged one by one.
 */
function holdsSecret(path: Path, value: unknown): boolean {
  if (value === undefined || value === null || typeof value === 'object') return false;
  const isNear = (key: string | number | undefined) =>
    key === 'auth' || key === 'credentials' || key === 'password';
  const [key, above] = [path.at(-1), path.at(-2)];
  if (isNear(key)) return key !== 'auth' || value !== 'none';
  // A number in place of a name; the error for an invalid name says so without repeating it.
  return (above === 'credentials' || above === 'password') && typeof value !== 'string';
}

function writtenOut(path: Path): Problem {
  return {
    what: 'a scenario must not contain a secret, because results record it',
    fix: REFERENCE_FIX,
    path,
  };
}

/** Of several maps that a value may have been meant as, the one with which it shares most keys. */
function nearestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const strange = (errors: readonly Issue[]): number =>
    errors.reduce((sum, error) => sum + strangeKeys(error), 0);
  return branches.toSorted((a, b) => strange(a) - strange(b))[0];
}

/** Keys that the map does not know, or lacks. */
function strangeKeys(issue: Issue): number {
  if (issue.code === 'unrecognized_keys') return issue.path.length === 0 ? issue.keys.length : 0;
  return issue.code === 'invalid_type' && issue.path.length === 1 ? 1 : 0;
}

/** Rules out the branch of a union whose issue is at its very top: the value was meant as another branch. */
function isOfOtherType(issue: Issue): boolean {
  if (issue.path.length > 0) return false;
  // A branch that takes a number or text cannot be meant for a list or a map either.
  if (issue.code === 'invalid_union') return issue.errors.every((errors) => errors.some(isOfOtherType));
  return isOfOtherWord(issue) || issue.code === 'invalid_type';
}

function isOfOtherWord(issue: Issue): boolean {
  return issue.path.length === 0 && issue.code === 'invalid_value';
}

function wordsOf(issue: Issue): { what: string; fix: string } {
  const { fix = undefined }: { fix?: unknown } = issue.code === 'custom' ? (issue.params ?? {}) : {};
  return { what: issue.message, fix: typeof fix === 'string' ? fix : 'see docs/scenarios.md' };
}

function missing(path: Path, node: SchemaNode): Problem {
  return {
    what: `"${path.at(-1) ?? 'scenario'}" is missing`,
    fix: `add it: ${belongs(node)}`,
    path: path.slice(0, -1),
  };
}

/** A value, as it is and as it may be shown. */
interface Found {
  readonly path: Path;
  readonly value: unknown;
  readonly found: string;
}

function wrongWord({ path, value, found }: Found, words: readonly string[]): Problem {
  if (words.length === 1)
    return { what: `${found} is not a known value of "${path.at(-1)}"`, fix: `write ${words[0]}`, path };
  const fix = typeof value === 'string' ? suggest(value, words) : 'write one of them, in quotes';
  return { what: `${found} is not one of ${words.join(', ')}`, fix, path };
}

function misplaced({ path, value, found }: Found, node: SchemaNode): Problem {
  if (path.length === 0 && value === null) return { what: 'the file is empty', fix: belongs(node), path };
  return {
    what: `${found} does not belong in ${placeOf(path)}`,
    fix: [shapeOf({ path, value, found }, node), belongs(node)].filter((part) => part !== '').join('. '),
    path,
  };
}

/** Entries of lists have no names: they are counted from 1. */
function placeOf(path: Path): string {
  const [key, above] = [path.at(-1), path.at(-2)];
  return typeof key === 'number' ? `entry ${key + 1} of "${above ?? 'the file'}"` : `"${key ?? 'the file'}"`;
}

/** Whether a list or a map is needed where there is none, or the other way round, and how that is written; else nothing. */
function shapeOf({ path, value, found }: Found, node: SchemaNode): string {
  const key = path.at(-1);
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (node.type === 'array' && !Array.isArray(value)) {
    // What is not shown may be a secret.
    const isShown = typeof value === 'string' && found === JSON.stringify(value);
    const entry = isShown ? value : node.items?.examples?.[0];
    const line = entry === undefined ? '' : `: ${key}: [${JSON.stringify(entry)}]`;
    return `write a list, also of one${line}`;
  }
  if (node.type === 'object' && !isMap && node.examples?.[0] !== undefined)
    return `write a map: ${key}: ${formatFlow(node.examples[0])}`;
  // Elsewhere, examples show it.
  const isOne = node.type !== undefined && node.type !== 'array' && node.type !== 'object';
  if (isOne && node.examples === undefined && typeof value === 'object') return 'write one value';
  return '';
}

function formatFlow(example: unknown): string {
  const entries = Object.entries(example as object).map(([name, value]) => `${name}: ${String(value)}`);
  return `{ ${entries.join(', ')} }`;
}

function outOfRange({ path, value, found }: Found, node: SchemaNode): Problem {
  if (Array.isArray(value))
    return { what: `"${path.at(-1)}" is an empty list`, fix: 'add at least one', path };
  // Where text or a list may stand in its place, a branch of its own has the number's range.
  const branch = [node, ...(node.anyOf ?? [])].find((one) => one.minimum !== undefined);
  const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER } = branch ?? {};
  const range = maximum === Number.MAX_SAFE_INTEGER ? `${minimum} or more` : `${minimum} to ${maximum}`;
  return {
    what: `${found} is out of range for "${path.at(-1)}"`,
    fix: `write ${range}`,
    path,
  };
}

function belongs(node: SchemaNode): string {
  const plain = node.examples?.filter((each) => typeof each !== 'object') ?? [];
  const example = plain.length === 0 ? '' : ` (such as ${plain.join(', ')})`;
  const words =
    node.description ??
    node.anyOf
      ?.map(({ description }) => description)
      .filter(Boolean)
      .join(' Or: ');
  return `${words ?? 'see docs/scenarios.md'}`.replace(/\.$/, '') + example;
}

/** What was found, without anything that may be a secret. */
function formatValue(value: unknown, isHidden: boolean): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (isHidden) return `a ${typeof value} that is not shown here`;
  return typeof value === 'string' ? JSON.stringify(value) : `the ${typeof value} ${String(value)}`;
}

function valueAt(raw: unknown, path: Path): unknown {
  let value = raw;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

function nodeAt(schema: SchemaNode, path: Path): SchemaNode {
  let node: SchemaNode = schema;
  for (const part of path) node = childOf(node, part) ?? {};
  return node;
}

function childOf(node: SchemaNode, part: string | number): SchemaNode | undefined {
  if (node.anyOf !== undefined) {
    return node.anyOf.map((branch) => childOf(branch, part)).find((child) => child !== undefined);
  }
  if (typeof part === 'number') return node.items;
  const other = typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined;
  return (Object.hasOwn(node.properties ?? {}, part) ? node.properties?.[part] : undefined) ?? other;
}

function propertiesOf(node: SchemaNode): Readonly<Record<string, SchemaNode>> {
  return node.properties ?? Object.assign({}, ...(node.anyOf ?? []).map(propertiesOf));
}
