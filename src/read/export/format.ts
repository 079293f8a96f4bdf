import type { Cell, Row } from './rows.ts';

const FORMATS = ['csv', 'jsonl'] as const;
export type Format = (typeof FORMATS)[number];

/** RFC 4180, section 2: lines end in CR LF. */
const CSV_LINE_END = '\r\n';

/**
 * Formats rows as text, one line each: CSV (RFC 4180) below a line with column names, or JSON lines. Columns that a
 * row lacks are left empty.
 * @param columns if they are known before the first row; otherwise those of that row
 */
export async function* formatRows(
  rows: AsyncIterable<Row>,
  format: Format,
  columns?: readonly string[],
): AsyncGenerator<string> {
  let named = columns;
  if (format === 'csv' && named !== undefined) yield formatLine(named);
  for await (const row of rows) {
    if (format === 'jsonl') {
      yield `${JSON.stringify(row)}\n`;
      continue;
    }
    if (named === undefined) {
      named = Object.keys(row);
      yield formatLine(named);
    }
    yield formatLine(named.map((column) => row[column] ?? null));
  }
}

function formatLine(cells: readonly Cell[]): string {
  return `${cells.map(formatCell).join(',')}${CSV_LINE_END}`;
}

/**
 * RFC 4180 sections 2.5 to 2.7: quoted if it contains a quote, comma or line end; quotes are doubled. Null is empty.
 * Text that a spreadsheet would evaluate gets a leading apostrophe, which marks it as text (OWASP, "CSV Injection").
 */
function formatCell(cell: Cell): string {
  const text = typeof cell === 'string' ? asText(cell) : cell === null ? '' : String(cell);
  return /["\r\n,]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Control characters as JSON writes them; see also render/escape.ts, which is for terminals. */
function asText(written: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  const text = written.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, (char) =>
    char === '\n' ? '\\n' : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return /^[=+\-@]/.test(text) ? `'${text}` : text;
}
