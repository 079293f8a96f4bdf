import { formatDuration } from '../format.ts';
import { escapeHtml } from '../report/html.ts';

/** An event of a run or soak, as the store describes it. */
export interface ShownEvent {
  readonly fromSec: number;
  /** Exclusive; null while it continues. */
  readonly toSec: number | null;
  readonly setsAside: boolean;
  readonly text: string;
}

/** As a page says it. */
export interface FormattedEvent {
  readonly lasts: boolean;
  readonly says: string;
}

/** When, what, and whether the seconds that it touched are excluded. */
export function formatEvent({ fromSec, toSec, setsAside, text }: ShownEvent): FormattedEvent {
  const [from, to] = [fromSec, toSec ?? fromSec].map((second) => formatDuration(second * 1e6)) as [
    string,
    string,
  ];
  const when = toSec === null ? `since ${from}` : toSec > fromSec ? `${from} to ${to}` : `at ${from}`;
  return { lasts: toSec === null, says: `${when}: ${text}${setsAside ? ' (excluded)' : ''}` };
}

/** A list updated by the page's script; invisible while empty. */
export function renderEvents(hostEvents: readonly FormattedEvent[]): string {
  const items = hostEvents.map(
    ({ lasts, says }) => `<li${lasts ? ' class="lasts"' : ''}>${escapeHtml(says)}</li>`,
  );
  return `<div class="host-events"${items.length === 0 ? ' hidden' : ''}><h3>What happened besides the load</h3>
<ul>${items.join('')}</ul></div>`;
}
