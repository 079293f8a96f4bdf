import { wrap } from '../../render/wrap.ts';

/** Indentation of a command's continuation lines, and of a description below it. */
const INDENT = ' '.repeat(6);

/** A command, at least three spaces, and a description. */
const REMARKED = /^( {2}\S.*?\S) {3,}(\S.*)$/;

/**
 * The text after the flags in help, fitted to a terminal: sentences are wrapped, and examples continued with a
 * backslash, so that they can still be pasted.
 * @param width characters
 */
export function formatNotes(text: string, width: number): string {
  return paragraphsOf(text)
    .flatMap((lines) => (isExamples(lines) ? formatExamples(lines, width) : formatProse(lines, width)))
    .join('\n');
}

/** Consecutive lines of examples or of prose; an empty line is separate. */
function paragraphsOf(text: string): string[][] {
  const paragraphs: string[][] = [];
  for (const line of text.split('\n')) {
    const last = paragraphs.at(-1);
    if (last !== undefined && line !== '' && last[0] !== '' && isExamples(last) === isExample(line))
      last.push(line);
    else paragraphs.push([line]);
  }
  return paragraphs;
}

function isExample(line: string): boolean {
  return line.startsWith('  ');
}

function isExamples([first = '']: readonly string[]): boolean {
  return isExample(first);
}

/** A sentence that ends a line in the source also ends it here. */
function formatProse(lines: readonly string[], width: number): string[] {
  if (lines.every((line) => line.length <= width)) return [...lines];
  const sentences: string[] = [];
  for (const [index, line] of lines.entries()) {
    const before = lines[index - 1];
    if (before === undefined || before.endsWith('.')) sentences.push(line);
    else sentences.push(`${sentences.pop()} ${line}`);
  }
  return sentences.flatMap((sentence) => wrap(sentence, width));
}

/** Spaces between a command and its description. */
const GAP = 3;

/** Descriptions of examples are all in a column behind the commands, or all below them. */
function formatExamples(lines: readonly string[], width: number): string[] {
  if (lines.every((line) => line.length <= width)) return [...lines];
  const examples = lines.map((line) => {
    const [, command = line, remark] = REMARKED.exec(line) ?? [];
    return { command, remark };
  });
  const remarked = examples.filter(({ remark }) => remark !== undefined);
  const column = Math.max(...remarked.map(({ command }) => command.length)) + GAP;
  const isWide = remarked.every(({ remark = '' }) => column + remark.length <= width);
  return examples.flatMap(({ command, remark }) => {
    if (remark === undefined) return breakCommand(command, width);
    if (isWide) return [command.padEnd(column) + remark];
    const below = wrap(remark, width - INDENT.length).map((part) => INDENT + part);
    return [...breakCommand(command, width), ...below];
  });
}

/** A flag and its value, or a word; quoted text stays together. */
const WORDS = /-[\w-]+ (?!-)(?:[^\s"']|"[^"]*"|'[^']*')+|(?:[^\s"']|"[^"]*"|'[^']*')+/g;

/** Breaks between words, with a backslash as continuation. */
function breakCommand(line: string, width: number): string[] {
  if (line.length <= width) return [line];
  const lines: string[] = [];
  let current = ' ';
  for (const word of line.match(WORDS) ?? []) {
    if (current.trim() !== '' && current.length + 1 + word.length > width - 2) {
      lines.push(`${current} \\`);
      current = INDENT + word;
    } else current += ` ${word}`;
  }
  return [...lines, current];
}
