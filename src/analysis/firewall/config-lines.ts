/** A line of a firewall's output, with its context. */
export interface ConfigLine {
  /** The sections that contain it, outermost first; '' for none. */
  readonly where: string;
  readonly words: readonly string[];
}

/** Anything longer is not read: a session table contains no settings. */
const MOST_LINES = 50_000;
const MOST_WORDS = 200;
const MOST_DEPTH = 40;
const MOST_LINE_CHARS = 4_000;

type Section = { readonly kind: 'config' | 'edit' | 'brace'; readonly name: string };

/**
 * Reads the output of a firewall of any make: FortiOS (`config`, `edit`, `next`, `end`), Junos, nft and PAN-OS
 * (braces), Junos's and PAN-OS's `set` lines, `key = value`, `key: value`, RouterOS's `key=value`, indented blocks
 * below a heading (ASA, pfctl, PAN-OS), JSON with a line for each value.
 */
export function readConfigLines(text: string): ConfigLine[] {
  const lines: ConfigLine[] = [];
  const sections: Section[] = [];
  let heading = '';
  for (const written of text.split('\n')) {
    if (lines.length >= MOST_LINES) break;
    const line = clean(written);
    if (line === '') continue;
    const opened = openedBy(line);
    if (opened !== undefined) {
      if (sections.length < MOST_DEPTH) sections.push(opened);
      continue;
    }
    if (closes(line, sections)) continue;
    const isIndented = /^\s/.test(written);
    if (!isIndented) heading = '';
    const where =
      sections.length > 0
        ? sections
            .map(({ name }) => name)
            .filter((name) => name !== '')
            .join(' > ')
        : heading;
    const words = wordsOf(line);
    lines.push({ where: where.slice(0, MOST_LINE_CHARS), words });
    if (!isIndented) heading = headingOf(line);
  }
  return lines;
}

/** Removes colours, carriage returns and remains of a pager. */
function clean(line: string): string {
  return (
    line
      .slice(0, MOST_LINE_CHARS)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is removed
      .replace(/\u001b\[[0-9;]*[A-Za-z]|[\u0000-\u0008\u000b-\u001f\u007f]/g, '')
      .trim()
  );
}

function openedBy(line: string): Section | undefined {
  const [, word, name = ''] = /^(config|edit)\s+(.+)$/.exec(line) ?? [];
  if (word !== undefined) return { kind: word as 'config' | 'edit', name: name.trim() };
  if (!/[{[]$/.test(line)) return undefined;
  const before = line.replace(/\s*[=:]?\s*[{[]$/, '').replace(/^"(.*)"$/, '$1');
  return { kind: 'brace', name: before };
}

function closes(line: string, sections: Section[]): boolean {
  const top = sections.at(-1)?.kind;
  if (/^[}\]][,;]?$/.test(line)) {
    if (top === 'brace') sections.pop();
    return true;
  }
  if (line === 'next' && top === 'edit') {
    sections.pop();
    return true;
  }
  if (line === 'end' && (top === 'config' || top === 'edit')) {
    // Truncated output may lack its last `next`.
    while (sections.at(-1)?.kind === 'edit') sections.pop();
    if (sections.at(-1)?.kind === 'config') sections.pop();
    return true;
  }
  return false;
}

/** Its figures may change between outputs. */
function headingOf(line: string): string {
  return line.replace(/[:=].*$/, '').replace(/\d+/g, '#');
}

/** Words; quoted text counts as one, `key=value` as two. The terminators of Junos and JSON lines are removed. */
function wordsOf(line: string): string[] {
  const found = line.replace(/[;,]$/, '').match(/"[^"]*":?|'[^']*'|[^\s="]+="[^"]*"|[^\s"]+/g);
  return (found ?? [])
    .flatMap((word) => {
      const [, key, value] = /^([\w.-]+)=(.+)$/.exec(word) ?? [];
      return key === undefined || value === undefined ? [word] : [`${key}=`, value];
    })
    .map((word) => word.replace(/,$/, ''))
    .slice(0, MOST_WORDS);
}
