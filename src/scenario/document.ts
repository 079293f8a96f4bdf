import {
  type Document,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml';
import type { Path, Position } from './problems.ts';

/** A scenario file as YAML: it can be changed by path, and knows the position of each value. */
export interface ScenarioDocument {
  readonly yaml: Document;
  /** YAML syntax errors, including duplicate keys. */
  readonly syntax: readonly { readonly what: string; readonly fix: string; readonly position: Position }[];
  /** False if the file is too broken to examine its content. */
  readonly readable: boolean;
  /** Its content as plain data, changes included. */
  data(): unknown;
  /** The position of a value, or with `atKey` of its key; if there is none, of the nearest thing around it. */
  locate(path: Path, atKey: boolean): Position;
}

export function openDocument(text: string): ScenarioDocument {
  const lines = new LineCounter();
  const yaml: Document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const positionOf = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), col: Math.max(1, col) };
  };
  const aliases = findLooseAliases(yaml).map((mistake) => ({
    ...mistake,
    position: positionOf(mistake.offset),
  }));
  const errors = yaml.errors
    .map((error) => ({ ...formatError(error), position: positionOf(error.pos[0]) }))
    // Where a * was meant as text, the rest of its line makes no sense either.
    .filter(({ position }) => aliases.every((alias) => alias.position.line !== position.line));
  const excess = aliases.length > 0 ? [] : findExcess(yaml);
  return {
    yaml,
    syntax: [...errors, ...aliases, ...excess],
    readable:
      aliases.length + excess.length === 0 && yaml.errors.every(({ code }) => code === 'DUPLICATE_KEY'),
    data: () => yaml.toJS(),
    locate: (path, atKey) => positionOf((atKey ? keyOffset(yaml, path) : undefined) ?? offsetOf(yaml, path)),
  };
}

function formatError({ code, message }: YAMLError): { what: string; fix: string } {
  if (code === 'DUPLICATE_KEY') return { what: 'this key appears twice', fix: 'keep one of them' };
  return {
    what: `not YAML: ${message.replace(/\s+/g, ' ')}`,
    fix: 'check indentation, colons and quotes here',
  };
}

/** A criterion such as `*.unsent == 0` without quotes: to YAML, the * starts an alias. */
function findLooseAliases(yaml: Document): { what: string; fix: string; offset: number }[] {
  const found: { what: string; fix: string; offset: number }[] = [];
  visit(yaml, {
    Alias(_, alias) {
      if (alias.resolve(yaml) !== undefined) return;
      const what = `*${alias.source} is read as an alias, but there is no anchor of that name`;
      found.push({ what, fix: 'put text that starts with * in quotes', offset: alias.range?.[0] ?? 0 });
    },
  });
  return found;
}

/** Nested aliases can make a small file exhaust all memory; the parser refuses to follow too many. */
function findExcess(yaml: Document): { what: string; fix: string; position: Position }[] {
  try {
    yaml.toJS();
    return [];
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    return [{ what: 'far too many aliases', fix: 'write the values out', position: { line: 1, col: 1 } }];
  }
}

function keyOffset(yaml: Document, path: Path): number | undefined {
  const map = path.length === 1 ? yaml.contents : yaml.getIn(path.slice(0, -1), true);
  if (!isMap(map)) return undefined;
  const key = map.items
    .map((pair) => pair.key)
    .find((node) => isScalar(node) && String(node.value) === String(path.at(-1)));
  return isScalar(key) ? key.range?.[0] : undefined;
}

/** Of the value; if there is none, of the key of the nearest thing around it. */
function offsetOf(yaml: Document, path: Path): number {
  const node = yaml.getIn(path, true);
  if (isNode(node) && node.range) return node.range[0];
  for (let length = path.length; length > 0; length -= 1) {
    const above = path.slice(0, length);
    const offset = keyOffset(yaml, above) ?? rangeStart(yaml.getIn(above, true));
    if (offset !== undefined) return offset;
  }
  return yaml.contents?.range?.[0] ?? 0;
}

function rangeStart(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
