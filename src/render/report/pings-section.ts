import { formatPings } from '../pings.ts';
import { escapeHtml } from './html.ts';
import { type Side, sideLabel } from './sides.ts';

/** Pings beside the load, next to the stalls meanwhile; nothing if there were none. */
export function pingsSection(sides: readonly Side[]): string {
  const lines = sides.flatMap(({ name, run: { summary } }) =>
    formatPings(summary).map((text) => sideLabel(name, text)),
  );
  if (lines.length === 0) return '';
  const items = lines.map((line) => `<li>${escapeHtml(line)}</li>`).join('');
  return `<section><h2>Pings during the load</h2><ul class="findings">${items}</ul></section>`;
}
