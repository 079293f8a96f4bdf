/** Eight heights each; the first is for 0. */
const BLOCKS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const ASCII = [' ', '.', ':', '-', '=', '+', '*', '%', '#'];

/**
 * A time series in one line: each column shows the maximum of its values, so that no peak is lost and anything above 0
 * is visible.
 * @param width columns at most, 1 or more
 * @param unicode whether the terminal shows block elements
 */
export function renderSparkline(values: readonly number[], width: number, unicode: boolean): string {
  const step = Math.max(1, Math.ceil(values.length / width));
  const columns = Array.from({ length: Math.ceil(values.length / step) }, (_, index) =>
    values.slice(index * step, (index + 1) * step).reduce((most, value) => Math.max(most, value), 0),
  );
  const highest = columns.reduce((most, value) => Math.max(most, value), 0);
  const glyphs = unicode ? BLOCKS : ASCII;
  const top = glyphs.length - 1;
  return columns.map((value) => glyphs[highest === 0 ? 0 : Math.ceil((value / highest) * top)]).join('');
}
