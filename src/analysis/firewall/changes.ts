import type { ConfigLine } from './config-lines.ts';

/** A difference between two outputs of a firewall. */
export interface Change {
  /** The sections that contain it; '' for none. */
  readonly where: string;
  /** The name of the value, such as `tcp-timewait-timer`; for a line that only one output has, the line. */
  readonly key: string;
  /** Absent: it is new. */
  readonly from?: string;
  /** Absent: it has gone. */
  readonly to?: string;
  /** Identifies it in every output, whatever its value. */
  readonly place: string;
}

/** At most this many similar lines are matched with each other; more of them are a table. */
const MOST_ALIKE = 60;
const MOST_KEY_CHARS = 100;
const UNIT = /^(?:s|sec|secs|seconds?|ms|min|mins|minutes?|h|hours?|days?|%)$/i;
const NUMERIC = /^[\d.:,/x%-]*\d[\d.:,/a-z%-]*$/i;

/** What changed from one output to the other, in the order of the first, followed by what only the second has. Pure. */
export function findChanges(before: readonly ConfigLine[], after: readonly ConfigLine[]): Change[] {
  const gone = without(before, after);
  const come = without(after, before);
  const others = groupBy(come, kindOf);
  const changes: Change[] = [];
  const matched = new Set<ConfigLine>();
  for (const [kind, lines] of groupBy(gone, kindOf)) {
    for (const [from, to] of matchLines(lines, others.get(kind) ?? [])) {
      matched.add(from).add(to);
      changes.push(...compareWords(from, to));
    }
  }
  return [
    ...changes,
    ...gone.filter((line) => !matched.has(line)).map((line) => only(line, 'from')),
    ...come.filter((line) => !matched.has(line)).map((line) => only(line, 'to')),
  ];
}

/** The lines that one has more often than the other, with their surplus. */
function without(lines: readonly ConfigLine[], others: readonly ConfigLine[]): ConfigLine[] {
  const counts = new Map<string, number>();
  for (const line of others) counts.set(textOf(line), (counts.get(textOf(line)) ?? 0) + 1);
  return lines.filter((line) => {
    const text = textOf(line);
    const left = counts.get(text) ?? 0;
    counts.set(text, left - 1);
    return left <= 0;
  });
}

function textOf({ where, words }: ConfigLine): string {
  return `${where}\n${words.join(' ')}`;
}

/** Lines of one kind may be the same setting with different values. */
function kindOf({ where, words }: ConfigLine): string {
  const [first = '', second = ''] = words;
  // In `95 in NONE state` the figure comes first.
  const named = NUMERIC.test(first) ? words.slice(1).join(' ') : first === 'set' ? `set ${second}` : first;
  return [where, words.length, named].join('\n');
}

/** Pairs each line with the one most similar to it. */
function matchLines(gone: readonly ConfigLine[], come: readonly ConfigLine[]): [ConfigLine, ConfigLine][] {
  if (gone.length > MOST_ALIKE || come.length > MOST_ALIKE) return [];
  const pairs = gone.flatMap((from) =>
    come.flatMap((to) => {
      const differing = differingWords(from, to);
      const isLikely =
        differing.length <= from.words.length / 2 ||
        differing.every((at) => NUMERIC.test(from.words[at]!) && NUMERIC.test(to.words[at]!));
      return isLikely ? [{ from, to, cost: differing.length }] : [];
    }),
  );
  const taken = new Set<ConfigLine>();
  return pairs
    .sort((a, b) => a.cost - b.cost)
    .flatMap(({ from, to }) => {
      if (taken.has(from) || taken.has(to)) return [];
      taken.add(from).add(to);
      return [[from, to] as [ConfigLine, ConfigLine]];
    });
}

function differingWords({ words }: ConfigLine, other: ConfigLine): number[] {
  return words.flatMap((word, at) => (word === other.words[at] ? [] : [at]));
}

function compareWords(from: ConfigLine, to: ConfigLine): Change[] {
  return differingWords(from, to).map((at) => ({
    ...placeOf(from, at),
    from: withUnit(from.words, at),
    to: withUnit(to.words, at),
  }));
}

/** `15 secs` is easier to read than `15`. */
function withUnit(words: readonly string[], at: number): string {
  const next = words[at + 1] ?? '';
  const value = unquote(words[at]!);
  return UNIT.test(next) ? `${value} ${next}` : value;
}

/** The name of the value at a position in a line: the name before its sign, or all preceding words. */
function placeOf({ where, words }: ConfigLine, at: number): Pick<Change, 'where' | 'key' | 'place'> {
  const before = words.slice(words[0] === 'set' ? 1 : 0, at);
  if (/^[=:]$/.test(before.at(-1) ?? '')) before.pop();
  const last = before.at(-1) ?? '';
  const isNamed = last.endsWith('=');
  const name = isNamed ? last.slice(0, -1) : before.map(unquote).join(' ').replace(/:$/, '');
  // Several `key=value` on a line: its beginning distinguishes it from others.
  const line = isNamed && before.length > 2 ? before.slice(0, 2).join('') : '';
  const whole = [where, line].filter((part) => part !== '').join(' > ');
  const key = shorten(name === '' ? words.slice(at + 1).join(' ') : name);
  const masked =
    isNamed || at === 0 ? key : before.map((word) => (NUMERIC.test(word) ? '#' : word)).join(' ');
  return { where: whole, key, place: `${whole.replace(/\d+/g, '#')}\n${masked}` };
}

/** A line that only one of them has. */
function only(line: ConfigLine, side: 'from' | 'to'): Change {
  const { where, words } = line;
  const start = words[0] === 'set' ? 1 : 0;
  const rest = words.slice(start);
  const sign = rest.findIndex((word) => /[=:]$/.test(word));
  const end = sign >= 0 ? sign + 1 : rest.length > 1 ? rest.length - 1 : rest.length;
  const key = rest
    .slice(0, end)
    .map(unquote)
    .join(' ')
    .replace(/\s*[=:]$/, '');
  const value = rest
    .slice(end)
    .map(unquote)
    .join(' ')
    .replace(/^[=:]\s*/, '');
  const place = `${where.replace(/\d+/g, '#')}\n+${rest
    .slice(0, 2)
    .map((word) => (NUMERIC.test(word) ? '#' : word))
    .join(' ')}`;
  return { where, key: shorten(key), [side]: value, place };
}

function unquote(word: string): string {
  return word.replace(/^"([^"]*)"(:?)$/, '$1$2');
}

function shorten(key: string): string {
  return key.length > MOST_KEY_CHARS ? `${key.slice(0, MOST_KEY_CHARS)}...` : key;
}

function groupBy(
  lines: readonly ConfigLine[],
  keyOf: (line: ConfigLine) => string,
): Map<string, ConfigLine[]> {
  const groups = new Map<string, ConfigLine[]>();
  for (const line of lines) {
    const key = keyOf(line);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [line]);
    else group.push(line);
  }
  return groups;
}
