import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A generator of numbers below 1 that a seed repeats (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Random = () => number;
const pick = <T>(items: readonly T[], random: Random): T => items[Math.floor(random() * items.length)]!;

/** What may stand where something else belongs. */
const STRANGE: readonly unknown[] = [
  ...[null, true, '', 'x', '\u001b[31m\n=1+1', -1, 0, 1.5, 1e15, 9e99, [], {}, [null], [[]], { a: null }],
  ...['2025-01-31T06:00:00Z', '9999-99-99T99:99:99Z', 'x'.repeat(10_000), '__proto__', [1, 'a', {}]],
];

/**
 * Damages a run's folder in one way, which the seed decides: a value, a key, a byte, a line, the end of a file, or the file.
 * @returns what was done
 */
export function damage(dir: string, seed: number): string {
  const random = randomOf(seed);
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(dir, name)).isFile())
    .sort();
  const file = pick(files, random);
  const path = join(dir, file);
  const kinds = /\.json(l)?$/.test(file)
    ? [
        'value',
        'value',
        'value',
        'value',
        'key',
        'key',
        'byte',
        'cut',
        'empty',
        'gone',
        'folder',
        'pipe',
        'huge',
        'other',
      ]
    : ['byte', 'cut', 'empty', 'gone', 'folder', 'pipe', 'huge', 'other'];
  const kind = pick(kinds, random);
  const bytes = readFileSync(path);
  const at = Math.floor(random() * bytes.length);
  switch (kind) {
    case 'value':
    case 'key':
      return `${file}: ${changeJson(path, kind, random)}`;
    case 'byte':
      bytes[at] = Math.floor(random() * 256);
      writeFileSync(path, bytes);
      break;
    case 'cut':
      truncateSync(path, at);
      break;
    case 'empty':
      truncateSync(path, 0);
      break;
    case 'gone':
      rmSync(path);
      break;
    case 'folder':
      rmSync(path);
      mkdirSync(path);
      break;
    case 'pipe':
      rmSync(path);
      execFileSync('mkfifo', [path]);
      break;
    case 'huge':
      // Sparse: it takes no room.
      truncateSync(path, 80 * 2 ** 20);
      break;
    default:
      writeFileSync(
        path,
        pick(['null', '[]', '"x"', '{}', '\0\0\0\0\n', '{"schema":1}', '[1,2]\n{}\n'], random),
      );
  }
  return `${file}: ${kind} at ${at}`;
}

function changeJson(path: string, kind: 'value' | 'key', random: Random): string {
  const text = readFileSync(path, 'utf8');
  const lines = path.endsWith('.jsonl') ? text.split('\n') : [text];
  const index = Math.floor(random() * Math.max(1, lines.length - 1));
  const value = JSON.parse(lines[index]!) as unknown;
  const places = placesIn(value);
  const [holder, key] = pick(places, random);
  const strange = pick(STRANGE, random);
  const holderOf = holder as Record<string, unknown>;
  if (kind === 'value') holderOf[key] = strange;
  else delete holderOf[key];
  lines[index] = path.endsWith('.jsonl') ? JSON.stringify(value) : JSON.stringify(value, null, 2);
  writeFileSync(path, lines.join('\n'));
  return `${kind} ${key} ${kind === 'value' ? JSON.stringify(strange).slice(0, 40) : ''}`;
}

function placesIn(value: unknown): [object, string][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    [value, key] as [object, string],
    ...placesIn(inner),
  ]);
}

/** Writes text in place of every text below a value that is shown to people. */
export function plantTexts(value: unknown, text: string, keys: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((each) => plantTexts(each, text, keys));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      keys.includes(key) && typeof inner === 'string' ? text : plantTexts(inner, text, keys),
    ]),
  );
}
