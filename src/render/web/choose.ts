import { escapeHtml } from '../report/html.ts';
import { renderLayout } from './layout.ts';
import { renderRunsForm } from './runs-table.ts';
import type { RunRow } from './types.ts';

/**
 * A page for choosing two runs.
 * @param rows the latest first
 * @param chosen folders of those already chosen
 */
export function renderChoice(rows: readonly RunRow[], chosen: readonly string[]): string {
  const title = 'Compare two runs';
  if (rows.length < 2) {
    const main = `<p>A comparison needs two runs, and there ${rows.length === 0 ? 'are none' : 'is only one'} here yet: <code>rushhour run quickstart</code> creates one.</p>`;
    return renderLayout({ title, place: 'compare', main });
  }
  const named =
    chosen.length === 1 ? `You have chosen ${chosen[0]}: choose another one` : 'Choose two of them';
  const main = `<p>${escapeHtml(named)}. The older one becomes &quot;before&quot;.</p>\n${renderRunsForm(rows, chosen)}`;
  return renderLayout({ title, place: 'compare', main, hasScript: true });
}
