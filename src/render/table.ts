export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
}

/**
 * Columns as wide as their widest cell, two spaces apart. The last column is cut to fit `width`, if there is one; a
 * table without titles has no head.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width = Number.POSITIVE_INFINITY,
): string[] {
  const head = columns.map(({ title }) => title);
  const lines = head.every((title) => title === '') ? rows : [head, ...rows];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => (line[index] ?? '').length)));
  return lines.map((line) => {
    const cells = columns.map(({ align }, index) => {
      const cell = line[index] ?? '';
      return align === 'right' ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0);
    });
    return clip(cells.join('  ').trimEnd(), width);
  });
}

/** Cuts a line to `width` characters, three dots marking the cut. */
export function clip(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 3))}...`;
}

/** Spaces where a line may break: not between a figure and its unit. */
const BREAKS = /\s+(?!(?:%|us|ms|s|min|h)(?:\W|$))/;

/** Breaks a sentence into lines of at most `width` characters. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.trim().split(BREAKS)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length > width && line !== '') {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}

/** Width of the column that labels stand in. */
const LABEL_WIDTH = 12;

/** A label and its text; what does not fit goes on below the text, not below the label. */
export function renderLabelled(label: string, text: string, width: number): string[] {
  return wrap(text, width - LABEL_WIDTH).map(
    (line, index) => (index === 0 ? label : '').padEnd(LABEL_WIDTH) + line,
  );
}
