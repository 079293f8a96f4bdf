import { becameOf, type FleetTrend, type ProbeTrend } from '../analysis/sites/trend.ts';
import { escapeControls } from './escape.ts';
import { createPaint } from './paint.ts';
import { wrap } from './table.ts';
import { renderTrend, type TrendLook } from './trend.ts';

/** Narrower is unreadable. */
const MIN_WIDTH = 40;

/** Nights of a fleet: what became of the sites, each probe at which something changed, and a line for each other. Ends with a line feed. */
export function renderFleetTrend({ text, probes, leftOut }: FleetTrend, look: TrendLook): string {
  const width = Math.max(MIN_WIDTH, look.width);
  const paint = createPaint(look.colour);
  const isShown = ({ trend }: ProbeTrend): boolean => {
    const became = becameOf(trend);
    return (
      look.all || became === 'worse' || became === 'better' || trend.failIf.some(({ held }) => held === true)
    );
  };
  const quiet = probes.filter((probe) => !isShown(probe));
  const blocks = [
    wrap(text, width).map((line) => paint('strong', line)),
    ...probes.filter(isShown).map((one) => [`${nameOf(one)}:`, renderTrend(one.trend, look).trimEnd()]),
    quiet.flatMap((one) => wrap(`${nameOf(one)}: ${one.trend.sentence}`, width)),
    leftOut.flatMap(({ probe, why }) => wrap(escapeControls(`${probe} does not count: ${why}`), width)),
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`;
}

function nameOf({ site, probe }: ProbeTrend): string {
  return escapeControls(site === probe ? site : `${site} (${probe})`);
}
