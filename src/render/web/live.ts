import type { Tested } from '../../analysis/tested.ts';
import { formatCount, formatDuration, formatMoment, formatShare } from '../format.ts';
import { escapeHtml } from '../report/html.ts';
import { formatFrom, formatTested } from '../tested.ts';
import { type FormattedEvent, renderEvents } from './host-events.ts';
import { renderLayout, runHref } from './layout.ts';

/** A run in progress, as the live tail of the store describes it. */
export interface LiveRun {
  readonly folder: string;
  readonly scenario: string;
  readonly label: string;
  readonly startedAt: string;
  readonly tested?: Tested | undefined;
  readonly second: number;
  readonly open: number;
  readonly series: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly hostEvents: readonly FormattedEvent[];
}

/** The heading of a column, and the counter below it. */
const COLUMNS = [
  ['started', 'started'],
  ['established', 'established'],
  ['completed', 'completed'],
  ['stalled', 'stalled'],
  ['healed', 'healed'],
  ['unsent', 'unsent'],
] as const;

/**
 * The runs in progress, as of now; the page's script keeps them up to date.
 * @param follows whether later runs are to appear automatically
 */
export function renderLive(
  runs: readonly LiveRun[],
  title: string,
  { follows }: { readonly follows: boolean } = { follows: false },
): string {
  const main =
    runs.length === 0
      ? '<p>No run is in progress. A new run shows up here by itself.</p>'
      : runs.map(renderRun).join('\n');
  const shown = runs.map(({ folder }) => folder).join(' ');
  return renderLayout({
    title,
    place: 'live',
    // Refreshed repeatedly: the runs in progress may have changed since the page was sent.
    main: `<div${follows ? ` data-under-way="${escapeHtml(shown)}"` : ''}>${main}</div><noscript><p>Without scripts this page does not update: reload it.</p></noscript>`,
    hasScript: true,
  });
}

function renderRun(run: LiveRun): string {
  const { folder, scenario, label, startedAt, second, open, series, hostEvents } = run;
  const measured = Object.entries(series).filter(([name]) => !isApart(name));
  const sum = (counter: string) => measured.reduce((all, [, counts]) => all + (counts[counter] ?? 0), 0);
  const subject = label === '' ? scenario : `${scenario} (${label})`;
  const tile = (name: string, text: string, title: string) =>
    `<div><dt>${title}</dt><dd data-tile="${name}">${text}</dd></div>`;
  const [started, stalled] = [sum('started'), sum('stalled')];
  return `<section class="live" data-live="${escapeHtml(`/api/runs/${encodeURIComponent(folder)}/live`)}">
<h2>${escapeHtml(subject)}</h2>
${run.tested === undefined ? '' : `<p class="tested">${escapeHtml(formatTestedSince(run.tested))}</p>\n`}<p class="state"><span class="dot" aria-hidden="true"></span><span class="says" role="status">running</span> <span class="faint">since ${formatMoment(startedAt)}</span> <a href="${runHref(folder, '/report')}">report so far</a></p>
<dl class="tiles">${tile('elapsed', formatDuration((second + 1) * 1e6), 'for')}${tile('perSec', '-', 'a second')}${tile('started', formatCount(started), 'started')}${tile('stalled', formatCount(stalled), 'stalled')}${tile('share', formatShare(started === 0 ? 0 : stalled / started), 'share stalled')}${tile('unsent', formatCount(sum('unsent')), 'unsent')}${tile('open', formatCount(open), 'open')}</dl>
${renderEvents(hostEvents)}
${renderSpark('started', 'Started each second')}
${renderSpark('stalled', 'Stalled, by second of the SYN')}
<div class="scrolls" tabindex="0" role="region" aria-label="By arm"><table>
<thead><tr><th scope="col">arm</th>${COLUMNS.map(([title]) => `<th scope="col" class="right">${title}</th>`).join('')}</tr></thead>
<tbody>${Object.entries(series)
    .map(
      ([name, counts]) =>
        `<tr><th scope="row">${escapeHtml(nameSeries(name))}</th>${COLUMNS.map(([, counter]) => `<td class="right">${formatCount(counts[counter] ?? 0)}</td>`).join('')}</tr>`,
    )
    .join('')}</tbody>
</table></div>
</section>`;
}

function renderSpark(name: string, heading: string): string {
  return `<figure class="spark-figure"><h3>${heading}</h3><svg class="spark ${name}" data-spark="${name}" width="100%" height="72" viewBox="0 0 300 72" preserveAspectRatio="none" role="img" aria-label="${heading}"></svg>
<p class="scale"><span data-from="${name}"></span><span data-most="${name}"></span><span>now</span></p></figure>`;
}

/** Without the start time, which is shown below. */
function formatTestedSince(tested: Tested): string {
  const from = formatFrom(tested);
  return `${formatTested(tested)}${from === '' ? '' : `, from ${from}`}`;
}

/** Separate from figures and verdict. */
function isApart(series: string): boolean {
  return /~(ramp|aside)$/.test(series);
}

/** In words: series that are not arms. The page's script has the same list. */
function nameSeries(series: string): string {
  return series.replace(/~ramp$/, ' (ramp, not counted)').replace(/~aside$/, ' (excluded)');
}
