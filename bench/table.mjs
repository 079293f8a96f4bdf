/** Pure: figures in, text out. */

const whole = (value) => Math.round(value).toLocaleString('en-GB');
const times = (value) => (value === undefined ? '-' : value.toFixed(2));
const oneDecimal = (value) => (value === undefined ? '-' : value.toFixed(1));

/** Heading and cell of each column; the first is set left, the rest right. */
const COLUMNS = [
  ['tool', (_, name) => name],
  ['conn/s', (tool) => whole(tool.connectionsPerSec)],
  ['min-max', (tool) => `${whole(tool.connectionsPerSecMin)}-${whole(tool.connectionsPerSecMax)}`],
  ['x ab', (tool) => times(tool.to.ab?.connectionsPerSec)],
  ['x floor', (tool) => times(tool.to.floor?.connectionsPerSec)],
  ['user us', (tool) => oneDecimal(tool.userUs)],
  ['sys us', (tool) => oneDecimal(tool.systemUs)],
  ['CPU us', (tool) => oneDecimal(tool.cpuUs)],
  ['x ab', (tool) => times(tool.to.ab?.cpu)],
  ['x floor', (tool) => times(tool.to.floor?.cpu)],
  ['peak MiB', (tool) => oneDecimal(tool.peakMiB)],
  ['x ab', (tool) => times(tool.to.ab?.peakMemory)],
  ['x floor', (tool) => times(tool.to.floor?.peakMemory)],
  ['failed', (tool) => whole(tool.failed)],
];

/** @param {string[][]} rows the first is the heading */
export function align(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const pad = (cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]));
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
}

/** A row a tool; CPU is per connection. */
export function drawTable(tools) {
  const rows = Object.entries(tools).map(([name, tool]) => COLUMNS.map(([, cell]) => cell(tool, name)));
  return align([COLUMNS.map(([heading]) => heading), ...rows]);
}

/** What start-up costs, and what a connection costs without it. */
export function describeStartUp(tools) {
  return Object.entries(tools)
    .filter(([, tool]) => tool.startUp !== undefined)
    .map(([name, { startUp, net, to }]) =>
      [
        `${name}: start-up (a run of one connection) ${whole(startUp.wallMs)} ms,`,
        `CPU ${whole(startUp.userMs)} ms user + ${whole(startUp.systemMs)} ms system;`,
        `net of it a connection costs ${oneDecimal(net.userUs)} us user + ${oneDecimal(net.systemUs)} us system`,
        `(x ab ${times(to.ab?.cpuNet)}, x floor ${times(to.floor?.cpuNet)})`,
      ].join(' '),
    );
}

/**
 * What changed since the file before: ratios to ab, as the machine's own pace moves from day to day and they do not.
 *
 * @returns {string | undefined} undefined where nothing can be compared
 */
export function drawChanges(before, after) {
  const shared = Object.keys(after.tools).filter(
    (name) => name !== 'ab' && after.tools[name].to.ab && before.tools[name]?.to.ab,
  );
  if (shared.length === 0) return undefined;
  const change = (name, figure) => {
    const [was, is] = [before, after].map(({ tools }) => tools[name].to.ab[figure]);
    return `${times(was)} -> ${times(is)} (${is >= was ? '+' : ''}${(100 * (is / was - 1)).toFixed(0)} %)`;
  };
  const figures = ['connectionsPerSec', 'cpu', 'peakMemory'];
  const heading = ['tool', 'conn/s x ab', 'CPU x ab', 'peak memory x ab'];
  return align([heading, ...shared.map((name) => [name, ...figures.map((figure) => change(name, figure))])]);
}
