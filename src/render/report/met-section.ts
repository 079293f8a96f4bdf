import { formatCaptureDrops, listMet } from '../met.ts';
import { escapeHtml } from './html.ts';
import { armNames, armSides, type Side, sideLabel } from './sides.ts';

/**
 * What met the SYNs of attempts that did not go well, in sentences; nothing if no packets were captured, or all went
 * well.
 */
export function metSection(sides: readonly Side[]): string {
  const items = armNames(sides).flatMap((arm) =>
    armSides(sides, arm).flatMap(({ side, summary }) =>
      listMet(summary).map((text) => `<li>${escapeHtml(`${sideLabel(side, arm)}: ${text}`)}</li>`),
    ),
  );
  const drops = sides.flatMap(({ name, run: { summary } }) => {
    const text = formatCaptureDrops(summary);
    return text === undefined ? [] : [`<li>${escapeHtml(sideLabel(name, text))}</li>`];
  });
  if (items.length + drops.length === 0) return '';
  return `<section><h2>What packets show</h2><ul>${[...items, ...drops].join('')}</ul></section>`;
}
