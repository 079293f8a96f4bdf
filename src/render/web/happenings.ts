import { formatDuration } from '../format.ts';
import { escapeHtml } from '../report/html.ts';

/** An event of a run or soak, as the store describes it. */
export interface Happening {
  readonly fromSec: number;
  /** Exclusive; null while it lasts. */
  readonly toSec: number | null;
  readonly setsAside: boolean;
  readonly text: string;
}

/** As a page says it. */
export interface WordedHappening {
  readonly lasts: boolean;
  readonly says: string;
}

/** When, what, and whether the seconds that it touched are excluded. */
export function formatHappening({ fromSec, toSec, setsAside, text }: Happening): WordedHappening {
  const [from, to] = [fromSec, toSec ?? fromSec].map((second) => formatDuration(second * 1e6)) as [
    string,
    string,
  ];
  const when = toSec === null ? `since ${from}` : toSec > fromSec ? `${from} to ${to}` : `at ${from}`;
  return { lasts: toSec === null, says: `${when}: ${text}${setsAside ? ' (set aside)' : ''}` };
}

/** A list that the page's script keeps up; nothing to be seen while it is empty. */
export function renderHappenings(happenings: readonly WordedHappening[]): string {
  const items = happenings.map(
    ({ lasts, says }) => `<li${lasts ? ' class="lasts"' : ''}>${escapeHtml(says)}</li>`,
  );
  return `<div class="happenings"${items.length === 0 ? ' hidden' : ''}><h3>What happened besides the load</h3>
<ul>${items.join('')}</ul></div>`;
}
