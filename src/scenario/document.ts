import {
  type Document,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type YAMLError,
  type YAMLWarning,
} from 'yaml';
import type { Path, Position } from './problems.ts';

/** A scenario file as YAML: it can be changed by path, and knows the position of each value. */
export interface ScenarioDocument {
  readonly yaml: Document;
  /** YAML syntax errors, including duplicate keys. */
  readonly syntax: readonly { readonly what: string; readonly fix: string; readonly position: Position }[];
  /** False if the file is too broken to examine its content. */
  readonly readable: boolean;
  /** Keys that an object of JavaScript cannot hold as names: what stands under them would vanish. */
  findReserved(): readonly (ScenarioDocument['syntax'][number] & { readonly path: Path })[];
  /** Its content as plain data, changes included. */
  data(): unknown;
  /** The position of a value, or with `atKey` of its key; if there is none, of the nearest thing around it. */
  locate(path: Path, atKey: boolean): Position;
}

export function openDocument(text: string): ScenarioDocument {
  const lines = new LineCounter();
  const yaml: Document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const positionOf = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), col: Math.max(1, col) };
  };
  const aliases = findLooseAliases(yaml).map((mistake) => ({
    ...mistake,
    position: positionOf(mistake.offset),
  }));
  // What follows an unknown tag would be sent without it.
  const mistakes = [...yaml.errors, ...yaml.warnings];
  const errors = mistakes
    .map((error) => ({ ...formatError(error), position: positionOf(error.pos[0]) }))
    // Where a * was meant as text, the rest of its line makes no sense either.
    .filter(({ position }) => aliases.every((alias) => alias.position.line !== position.line));
  const excess = aliases.length > 0 ? [] : findExcess(yaml);
  return {
    yaml,
    syntax: [...errors, ...aliases, ...excess],
    readable: aliases.length + excess.length === 0 && mistakes.every(({ code }) => code === 'DUPLICATE_KEY'),
    findReserved: () => findReserved(yaml, positionOf),
    data: () => yaml.toJS(),
    locate: (path, atKey) => positionOf((atKey ? keyOffset(yaml, path) : undefined) ?? offsetOf(yaml, path)),
  };
}

const IN_QUOTES = 'put it in quotes';

function formatError({ code, message }: YAMLError | YAMLWarning): { what: string; fix: string } {
  if (code === 'DUPLICATE_KEY') return { what: 'this key appears twice', fix: 'keep one of them' };
  if (code === 'TAG_RESOLVE_FAILED')
    return { what: 'text that starts with ! is read as a tag, and this tag is unknown', fix: IN_QUOTES };
  if (code === 'MULTIPLE_DOCS')
    return { what: 'a second document begins here', fix: 'remove the line ---, or what follows it' };
  return {
    what: `not YAML: ${withoutText(message).replace(/\s+/g, ' ')}`,
    fix: 'check indentation, colons and quotes here',
  };
}

/** The parser quotes what follows a |, > or !, which may be a password that starts with it. */
function withoutText(message: string): string {
  return message.replace(/^(Block scalar header[^:]*|Not a YAML token|Unresolved [a-z]+): .*/s, '$1');
}

/** A criterion such as `*.unsent == 0` without quotes: to YAML, the * starts an alias. */
function findLooseAliases(yaml: Document): { what: string; fix: string; offset: number }[] {
  const found: { what: string; fix: string; offset: number }[] = [];
  visit(yaml, {
    Alias(_, alias) {
      if (alias.resolve(yaml) !== undefined) return;
      // Not its name: it may be a password that starts with *.
      const what = 'text that starts with * is read as an alias, but there is no anchor of that name';
      found.push({ what, fix: IN_QUOTES, offset: alias.range?.[0] ?? 0 });
    },
  });
  return found;
}

function findReserved(
  yaml: Document,
  positionOf: (offset: number) => Position,
): ReturnType<ScenarioDocument['findReserved']> {
  const found: (ScenarioDocument['syntax'][number] & { readonly path: Path })[] = [];
  visit(yaml, {
    Pair(_, pair, above) {
      const { key } = pair;
      if (!isScalar(key) || key.value !== '__proto__') return;
      const position = positionOf(key.range?.[0] ?? 0);
      const path = pathOf([...above, pair]);
      found.push({ what: 'nothing can be called __proto__', fix: 'choose another name', position, path });
    },
  });
  return found;
}

/** Keys and places in lists that lead to the last of these nodes, each of which is in the one before. */
function pathOf(nodes: readonly unknown[]): Path {
  return nodes.flatMap((node, index): (string | number)[] => {
    if (isPair(node)) return [String(isScalar(node.key) ? node.key.value : node.key)];
    return isSeq(node) && index + 1 < nodes.length ? [node.items.indexOf(nodes[index + 1])] : [];
  });
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
