/** Medians and ranges of what runs of a row saw, and the table of them. */

/** What is counted, and how a table names it. */
export const COUNTS = {
  connections: 'connections',
  unasked: 'without a request',
  connects: 'CONNECTs',
  challenges: '407s',
  syns: 'SYNs',
  peak: 'at once',
};
/** What else is kept of a row. */
const MORE = [
  'unopened',
  'requests',
  'faults',
  'synsOfOne',
  'toSecond',
  'direct',
  'closedByBrowser',
  'foreign',
];
const TIMES = ['firstMs', 'lastMs', 'lastSynMs', 'firstClosedMs', 'closingMs', 'idleMs', 'askingMs', 'ms'];

/** @param {readonly (number | undefined)[]} values @returns median, least and most; undefined if there are none */
export function spreadOf(values) {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  return sorted.length === 0
    ? undefined
    : [sorted[Math.floor((sorted.length - 1) / 2)], sorted[0], sorted.at(-1)];
}

/** @param {readonly object[]} runs of play.mjs @returns for each figure median, least and most */
export function summarize(runs) {
  const figures = [...Object.keys(COUNTS), ...MORE, ...TIMES].map((key) => [
    key,
    spreadOf(runs.map((run) => run[key])),
  ]);
  return {
    runs: runs.length,
    came: [...new Set(runs.map(({ came }) => came))].sort(),
    ...Object.fromEntries(figures.filter(([, value]) => value !== undefined)),
  };
}

const HEAD = ['', ...Object.values(COUNTS), 'last begun', 'page'];

/** @param {readonly {says: string, id: string}[]} rows @param {object} measured of one browser, by row */
export function renderTable(rows, measured) {
  const lines = rows
    .filter(({ id }) => measured[id] !== undefined)
    .map(({ id, says }) => {
      const figures = measured[id];
      const counts = Object.keys(COUNTS).map((key) => show(figures[key]));
      return [says, ...counts, showSec(figures.lastMs), showPage(figures)];
    });
  return drawTable(HEAD, lines);
}

/** Counts of two browsers beside each other, in the rows that both have. @param {readonly object[]} both measured, by row */
export function renderBeside(rows, both) {
  const head = ['', ...Object.values(COUNTS), 'page'];
  const lines = rows
    .filter(({ id }) => both.every((measured) => measured[id] !== undefined))
    .map(({ id, says }) => {
      const figures = both.map((measured) => measured[id]);
      const counts = Object.keys(COUNTS).map((key) => figures.map((one) => show(one[key])).join(', '));
      return [says, ...counts, figures.map(showPage).join(', ')];
    });
  return drawTable(head, lines);
}

/** @param {readonly string[]} head @param {readonly unknown[][]} lines */
export function drawTable(head, lines) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...lines.map(line)].join('\n');
}

/** @param {readonly (number | string)[]} [spread] as spreadOf gives it; "" if there is none */
export function show([median, least, most] = []) {
  if (median === undefined) return '';
  return least === most ? `${median}` : `${median} (${least}-${most})`;
}

function showSec([median, least, most] = []) {
  if (median === undefined) return '';
  const sec = (ms) => (ms / 1e3).toFixed(ms < 10_000 ? 2 : 1);
  return sec(least) === sec(most) ? `${sec(median)} s` : `${sec(median)} s (${sec(least)}-${sec(most)})`;
}

function showPage({ ms, came }) {
  const ends = came.filter((end) => end !== 'loaded');
  return ends.length === 0 ? showSec(ms) : `${ends.join(', ')} ${showSec(ms)}`;
}
