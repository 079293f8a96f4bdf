import { formatBytes, formatCount, formatDuration, formatMoment, formatShare } from '../format.ts';
import { escapeHtml } from '../report/html.ts';
import { formatTestedShort } from '../tested.ts';
import { formatVerdict } from '../verdict.ts';
import { runHref } from './layout.ts';
import type { RunRow } from './types.ts';

const COLUMNS = ['compare', 'started', 'verdict', 'stalled', 'scenario', 'label', 'lasted', 'size'] as const;

/** A form for choosing two runs to compare. Without a script, the server reports a wrong number. */
export function renderRunsForm(rows: readonly RunRow[], chosen: readonly string[] = []): string {
  return `<form class="runs" action="/compare" method="get">
<div class="scrolls" tabindex="0" role="region" aria-label="Runs"><table>
<thead><tr>${COLUMNS.map((title) => `<th scope="col"${title === 'size' ? ' class="right"' : ''}>${title}</th>`).join('')}</tr></thead>
<tbody>
${rows.map((run) => renderRow(run, chosen.includes(run.folder))).join('\n')}
</tbody>
</table></div>
<p class="acts"><button type="submit">Compare two runs</button> <span class="chosen" role="status"></span></p>
</form>`;
}

function renderRow(run: RunRow, isChosen: boolean): string {
  const { folder, startedAt, scenario, label, note, status, figures, bytes, tested } = run;
  const [day = '', time = ''] = formatMoment(startedAt)
    .replace(/:\d\d UTC$/, '')
    .split(' ');
  const { word, tone } = formatOutcome(run);
  return `<tr>
<td class="choice"><input type="checkbox" name="run"${isChosen ? ' checked' : ''} value="${escapeHtml(folder)}" aria-label="${escapeHtml(`compare ${folder}`)}"></td>
<th scope="row"><a href="${runHref(folder)}"><span class="fixed">${escapeHtml(day)}</span> ${escapeHtml(time)}</a></th>
<td class="word ${tone}">${status === 'running' ? `<a href="${runHref(folder)}">running</a>` : escapeHtml(word)}</td>
<td>${(figures?.arms ?? []).map(renderArm).join('')}</td>
<td>${escapeHtml(scenario)}${tested === undefined ? '' : `<span class="note tested">${escapeHtml(formatTestedShort(tested))}</span>`}</td>
<td class="label">${escapeHtml(label)}${note === '' ? '' : `<span class="note">${escapeHtml(note)}</span>`}</td>
<td class="fixed">${figures === undefined ? '' : formatDuration(figures.lastedUs)}</td>
<td class="right">${formatBytes(bytes)}</td>
</tr>`;
}

function renderArm({ name, started, stalled, rate }: NonNullable<RunRow['figures']>['arms'][number]): string {
  const figures =
    started === 0
      ? 'nothing started'
      : `${formatCount(stalled)}${stalled === 0 ? '' : ` (${formatShare(rate)})`}`;
  return `<span class="arm-line"><span class="faint">${escapeHtml(name)}</span> ${figures}</span>`;
}

/** Worded as by `rushhour results`. */
export function formatOutcome({ status, verdict }: RunRow): { readonly word: string; readonly tone: string } {
  if (status !== 'complete' || verdict === undefined) {
    return { word: status, tone: status === 'running' ? 'strong' : 'doubt' };
  }
  if (verdict.generatorLimited) return { word: 'generator-limited', tone: 'doubt' };
  return formatVerdict(status, verdict);
}
