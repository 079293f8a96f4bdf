import { escapeControls } from './escape.ts';
import { shortenMiddle } from './shorten.ts';
import { renderLabelled, wrap, wrapHanging } from './wrap.ts';

export { renderLabelled, wrap } from './wrap.ts';

export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** How a column shrinks if the table is too wide: text is shortened in the middle, or wrapped between words. */
  readonly gives?: 'middle' | 'words';
  /** Minimum width of a column that shrinks. */
  readonly least?: number;
  /** Columns that may be omitted if there is no room, the highest number first; absent: never omitted. */
  readonly spare?: number;
  /** Shown beside a row's first cell if cells are stacked. */
  readonly leads?: boolean;
}

/** Lines of a table: a row may take several. */
export interface TableLines {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

type Cells = readonly string[];

const GAP = 2;
const LEAST = 12;
/** Below a row's first line. */
const INDENT = '    ';

/**
 * Renders columns as wide as their widest cell, two spaces apart. If `width` is less, flexible columns are narrowed,
 * spare ones omitted, sentences moved below their row, and finally each row becomes a heading with its figures below
 * it: no figure is ever truncated. A table without titles has no header.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly Cells[],
  width = Number.POSITIVE_INFINITY,
): string[] {
  const { head, rows: laidOut } = layOutTable(columns, rows, width);
  return [...head, ...laidOut.flat()];
}

/** Like {@link renderTable}, but each row separately. */
export function layOutTable(
  columns: readonly Column[],
  written: readonly Cells[],
  width: number,
): TableLines {
  // Labels, notes and names may contain anything.
  const rows = written.map((cells) => cells.map(escapeControls));
  return (
    layOutBeside(columns, rows, width) ??
    layOutUnderTitle(columns, rows, width) ??
    layOutBelow(columns, rows, width) ??
    stack(columns, rows, width)
  );
}

/** All side by side, without spare columns if necessary; undefined if that is still too wide. */
function layOutBeside(
  columns: readonly Column[],
  rows: readonly Cells[],
  width: number,
): TableLines | undefined {
  const spare = columns
    .flatMap((column, index) => (column.spare === undefined ? [] : [{ index, spare: column.spare }]))
    .sort((a, b) => b.spare - a.spare);
  for (let dropped = 0; dropped <= spare.length; dropped += 1) {
    const without = new Set(spare.slice(0, dropped).map(({ index }) => index));
    const keep = <T>(cells: readonly T[]) => cells.filter((_, index) => !without.has(index));
    const laidOut = layOutWithin(keep(columns), rows.map(keep), width);
    if (laidOut !== undefined) return laidOut;
  }
  return undefined;
}

/** Puts the first title on its own line if it is too wide. */
function layOutUnderTitle(
  columns: readonly Column[],
  rows: readonly Cells[],
  width: number,
): TableLines | undefined {
  const [first, ...others] = columns;
  if (first === undefined || first.title === '') return undefined;
  const laidOut = layOutBeside([{ ...first, title: '' }, ...others], rows, width);
  if (laidOut === undefined) return undefined;
  return { head: [...wrap(first.title, width), ...laidOut.head], rows: laidOut.rows };
}

/** Sentences below the other cells of their row. */
function layOutBelow(
  columns: readonly Column[],
  rows: readonly Cells[],
  width: number,
): TableLines | undefined {
  const isAbove = (_: unknown, index: number) =>
    columns[index]?.gives !== 'words' || columns[index]?.leads === true;
  if (columns.every((column, index) => isAbove(column, index))) return undefined;
  const above = layOutBeside(
    columns.filter(isAbove),
    rows.map((cells) => cells.filter(isAbove)),
    width,
  );
  if (above === undefined) return undefined;
  return {
    head: above.head,
    rows: rows.map((cells, row) => [
      ...above.rows[row]!.filter((line) => line !== ''),
      ...cells
        .filter((cell, index) => !isAbove(cell, index) && cell !== '')
        .flatMap((cell) => wrap(cell, width - INDENT.length).map((line) => INDENT + line)),
    ]),
  };
}

/** Undefined if even the narrowest form is too wide. A row of one cell is a heading. */
function layOutWithin(
  columns: readonly Column[],
  rows: readonly Cells[],
  width: number,
): TableLines | undefined {
  const isTitled = columns.some(({ title }) => title !== '');
  const natural = columns.map(({ title }, index) =>
    Math.max(title.length, ...rows.filter(isRow).map((cells) => (cells[index] ?? '').length)),
  );
  const least = natural.map((wide, index) => {
    const { title = '', gives, least: own = LEAST } = columns[index] ?? {};
    return gives === undefined ? wide : Math.min(wide, Math.max(title.length, own));
  });
  const gaps = GAP * Math.max(0, columns.length - 1);
  let left = width - gaps - sum(least);
  if (left < 0) return undefined;
  const widths = [...least];
  // One column at a time: those that need more share the room equally.
  while (left > 0 && widths.some((wide, index) => wide < natural[index]!)) {
    for (const [index, wide] of widths.entries()) {
      if (left > 0 && wide < natural[index]!) {
        widths[index] = wide + 1;
        left -= 1;
      }
    }
  }
  const line = (cells: Cells) =>
    isRow(cells) || columns.length === 1 ? layOutRow(columns, cells, widths) : wrap(cells[0] ?? '', width);
  return { head: isTitled ? line(columns.map(({ title }) => title)) : [], rows: rows.map(line) };
}

function isRow({ length }: Cells): boolean {
  return length > 1;
}

function layOutRow(columns: readonly Column[], cells: Cells, widths: readonly number[]): string[] {
  const texts = columns.map(({ gives }, index) => {
    const [cell = '', wide = 0] = [cells[index], widths[index]];
    return gives === 'words' && cell.length > wide ? wrap(cell, wide) : [shortenMiddle(cell, wide)];
  });
  const height = Math.max(...texts.map(({ length }) => length));
  return Array.from({ length: height }, (_, at) =>
    columns
      .map(({ align }, index) => {
        const text = texts[index]![at] ?? '';
        return align === 'right' ? text.padStart(widths[index] ?? 0) : text.padEnd(widths[index] ?? 0);
      })
      .join(' '.repeat(GAP))
      .trimEnd(),
  );
}

/** Each row as a heading with its other cells below, each with its column's title. */
function stack(columns: readonly Column[], rows: readonly Cells[], width: number): TableLines {
  const isHeading = (index: number) => index === 0 || columns[index]?.leads === true;
  const [first] = columns;
  const nameWidth = Math.max(...rows.filter(isRow).map(([name = '']) => name.length));
  return {
    head: first === undefined || first.title === '' ? [] : wrap(first.title, width),
    rows: rows.map((cells) => {
      const [name = '', ...leading] = cells.filter((cell, index) => isHeading(index) && cell !== '');
      const figures = cells.flatMap((cell, index) => {
        const { title = '', gives } = columns[index] ?? {};
        if (isHeading(index) || cell === '') return [];
        return [gives === 'words' ? cell : `${title} ${cell}`.trim()];
      });
      return [
        ...stackHeading(name, leading.join(' '), { nameWidth, width }),
        ...fill(figures, width - INDENT.length).map((line) => INDENT + line),
      ];
    }),
  };
}

/** Aligns leading items with those above, as in a table, if there is room. */
function stackHeading(
  name: string,
  leading: string,
  { nameWidth, width }: { nameWidth: number; width: number },
): string[] {
  if (name === '' && leading === '') return [];
  if (leading === '') return wrap(name, width);
  return nameWidth + GAP + LEAST <= width
    ? renderLabelled(name, leading, width, nameWidth + GAP)
    : wrapHanging(`${name} ${leading}`, width, INDENT.length);
}

/** Items separated by commas, as many per line as fit. */
function fill(items: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const [index, item] of items.entries()) {
    const text = index === items.length - 1 ? item : `${item},`;
    const longer = lines.length === 0 ? text : `${lines.at(-1)} ${text}`;
    if (lines.length > 0 && longer.length <= width) lines[lines.length - 1] = longer;
    else lines.push(...wrap(text, width));
  }
  return lines;
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}
