import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { parseScenario } from '../../src/scenario/load.ts';
import { exportJsonSchema } from '../../src/scenario/schema.ts';
import type { Scenario } from '../../src/scenario/types.ts';

interface Node {
  readonly properties?: Record<string, Node>;
  readonly additionalProperties?: Node | boolean;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
  readonly enum?: readonly unknown[];
  readonly examples?: readonly unknown[];
}

type Path = readonly (string | number)[];

/** It has one value. */
const CONSTANT = '.schema';

const FILE = join(import.meta.dirname, 'every-key.yaml');
const SRC = join(import.meta.dirname, '../../src');

/** Every key that a file may have, by its path, with what may stand there; an arm's name and an item's place are `*`. */
function collectKeys(node: Node, path = '', into = new Map<string, Node[]>()): Map<string, Node[]> {
  for (const [key, child] of Object.entries(node.properties ?? {})) {
    const at = `${path}.${key}`;
    into.set(at, [...(into.get(at) ?? []), child]);
    collectKeys(child, at, into);
  }
  const { additionalProperties: others, items, anyOf = [] } = node;
  for (const child of [others, items]) if (typeof child === 'object') collectKeys(child, `${path}.*`, into);
  for (const child of anyOf) collectKeys(child, path, into);
  return into;
}

function collectPlaces(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [];
  const entries = Array.isArray(value) ? value.map((item, at) => [at, item] as const) : Object.entries(value);
  return entries.flatMap(([key, child]) => [[...path, key], ...collectPlaces(child, [...path, key])]);
}

/** Other values that may stand in the place of one; undefined: none at all. */
function othersThan(value: unknown, nodes: readonly Node[]): unknown[] {
  const listed = nodes.flatMap((node) => [node, ...(node.anyOf ?? [])]);
  const known = listed.flatMap((node) => [...(node.enum ?? []), ...(node.examples ?? [])]);
  const changed =
    typeof value === 'boolean'
      ? [!value]
      : typeof value === 'number'
        ? [value + 1, value + 2]
        : typeof value === 'string'
          ? [value.replace(/\d+/, (digits) => String(Number(digits) + 1)), `${value}x`]
          : Array.isArray(value)
            ? [value.map((item) => (typeof item === 'string' ? `${item}1` : item)), value.slice(1)]
            : [];
  return [...changed, ...known, undefined].filter((other) => other !== value);
}

function withOther(document: unknown, [key, ...rest]: Path, other: unknown): unknown {
  const copy = structuredClone(document) as Record<string | number, unknown>;
  if (rest.length > 0) copy[key!] = withOther(copy[key!], rest, other);
  else if (other === undefined) delete copy[key!];
  else copy[key!] = other;
  return copy;
}

function load(document: unknown): Scenario | undefined {
  try {
    return parseScenario(stringify(document), 'every-key');
  } catch {
    return undefined;
  }
}

const documents: unknown[] = parseAllDocuments(readFileSync(FILE, 'utf8')).map((each) => each.toJS());

it('every key of the schema has a document that loads and another value that makes another scenario', () => {
  const keys = collectKeys(exportJsonSchema() as Node);
  const acting = new Set<string>();
  for (const document of documents) {
    const before = JSON.stringify(parseScenario(stringify(document), 'every-key'));
    const patterns = [...keys.keys()].map(
      (key) => [key, new RegExp(`^${key.replaceAll('.*', '\\.[^.]+')}$`)] as const,
    );
    for (const place of collectPlaces(document)) {
      const [key] = patterns.find(([, pattern]) => pattern.test(`.${place.join('.')}`)) ?? [];
      if (key === undefined || acting.has(key)) continue;
      const value = place.reduce<unknown>(
        (at, step) => (at as Record<string | number, unknown>)[step],
        document,
      );
      const isRead = othersThan(value, keys.get(key)!).some((other) => {
        const scenario = load(withOther(document, place, other));
        // The schema takes every word that it lists: whatever refuses one has read it.
        if (scenario === undefined) return keys.get(key)!.some((node) => node.enum?.includes(other));
        return JSON.stringify(scenario) !== before;
      });
      if (isRead) acting.add(key);
    }
  }
  // What stands under `defaults` is an arm's, and a map is read where a key in it is.
  const wanted = [...keys.keys()].filter((key) => key !== CONSTANT && !key.startsWith('.defaults.'));
  const isRead = (key: string): boolean =>
    acting.has(key) || [...acting].some((other) => other.startsWith(`${key}.`));
  expect(wanted.length).toBeGreaterThan(100);
  expect(wanted.filter((key) => !isRead(key))).toEqual([]);
});

it('every field of a scenario is read outside of its room', () => {
  const fields = new Set<string>();
  const collect = (value: unknown): void => {
    if (Array.isArray(value)) for (const item of value) collect(item);
    else if (typeof value === 'object' && value !== null)
      for (const [key, child] of Object.entries(value)) {
        fields.add(key);
        collect(child);
      }
  };
  for (const document of documents) collect(parseScenario(stringify(document), 'every-key'));
  const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.startsWith('scenario/'))
    .map((name) => readFileSync(join(SRC, name), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, ''));
  const isRead = (field: string): boolean => {
    const read = new RegExp(`(\\.|[{,]\\s*)${field}\\b(?!\\s*\\()`);
    return sources.some((source) => read.test(source));
  };
  expect([...fields].filter((field) => !isRead(field))).toEqual([]);
});
