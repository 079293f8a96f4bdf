import { findCauseChanges } from '../../analysis/trend/causes.ts';
import { formatPlural, formatShare } from '../format.ts';
import { escapeHtml } from '../report/html.ts';
import { formatTested } from '../tested.ts';
import { runHref } from './layout.ts';
import { formatOutcome } from './runs-table.ts';
import type { ArmFigures, RunRow } from './types.ts';

const HEIGHT_PX = 150;
const TOP_PX = 10;
/** The lowest line is a little above the edge, so that a point at 0 is fully visible. */
const BASE_PX = HEIGHT_PX - 8;
const MAX_ARMS = 8;
/** Labels that fit below a plot on a phone: days or times, and both together. */
const MAX_DATES = 5;
const MAX_MOMENTS = 3;
/** Half a character, as a share of a plot's width on a phone. */
const LETTER_PERCENT = 1.2;

interface Point {
  readonly run: RunRow;
  readonly figures: ArmFigures;
  /** Percent of the width: runs are equally spaced. */
  readonly x: number;
}

/** A plot for each group of comparable runs; other runs are counted, with the reason. */
export function renderTrends(groups: readonly (readonly RunRow[])[], apart: number): string {
  const why = 'because a line between them would show the test, not the network';
  const left =
    apart === 0
      ? ''
      : `<p class="caption">${formatPlural(apart, 'run', 'runs')} more of this scenario had another load or other endpoints and ${apart === 1 ? 'is' : 'are'} not drawn.</p>`;
  const explained =
    groups.length < 2
      ? ''
      : `<p class="caption">Runs with another load or other endpoints are drawn separately, ${why}.</p>`;
  return `${groups.map((runs, index) => renderTrend(runs, index)).join('\n')}${explained}${left}`;
}

/**
 * Stalled share by run, one plot per arm, each with its 95 % interval. Widths are in percent and everything else in
 * pixels, so that it fits any screen at the same font size.
 */
function renderTrend(runs: readonly RunRow[], index: number): string {
  const { scenario = '', tested } = runs.at(-1) ?? {};
  const names = [...new Set(runs.flatMap(({ figures }) => figures?.arms.map(({ name }) => name) ?? []))];
  const drawn = names.slice(0, MAX_ARMS).map((name) => renderArm(name, runs));
  return `<section class="trend" aria-labelledby="trend-heading-${index}"><h2 id="trend-heading-${index}">Stalled share of ${escapeHtml(scenario)}, run by run</h2>
${tested === undefined ? '' : `<p class="tested">${escapeHtml(formatTested(tested))}</p>\n`}<p class="caption">The last ${formatPlural(runs.length, 'run', 'runs')}, each with its 95 % interval; hollow: no verdict. The table below has the figures.</p>
${renderCauses(runs)}<div class="charts">${drawn.join('\n')}</div></section>`;
}

/** Where the cause changed from one run to the next. */
function renderCauses(runs: readonly RunRow[]): string {
  const { changes } = findCauseChanges(
    runs.flatMap(({ id, startedAt, figures }) =>
      figures?.diagnosis === undefined
        ? []
        : [{ id, date: startedAt.slice(0, 16).replace('T', ' '), diagnosis: figures.diagnosis }],
    ),
    'run',
  );
  if (changes.length === 0) return '';
  const items = changes.map(({ sentence }) => `<li>${escapeHtml(upper(sentence))}</li>`);
  return `<h3>Changes of cause</h3><ul class="causes">${items.join('')}</ul>`;
}

function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function renderArm(name: string, runs: readonly RunRow[]): string {
  const points = runs.flatMap((run, index): Point[] => {
    const figures = run.figures?.arms.find((arm) => arm.name === name);
    const x = ((index + 0.5) / runs.length) * 100;
    return figures === undefined || figures.started === 0 ? [] : [{ run, figures, x }];
  });
  if (points.length === 0) return '';
  const step = stepFor(points.reduce((most, { figures }) => Math.max(most, figures.ci95[1]), 0));
  const lines = Math.ceil(points.reduce((most, { figures }) => Math.max(most, figures.ci95[1]), 0) / step);
  const top = Math.max(1, lines) * step;
  const y = (share: number) => BASE_PX - (share / top) * (BASE_PX - TOP_PX);
  const levels = Array.from({ length: Math.max(1, lines) + 1 }, (_, index) => index * step);
  const rates = points.map(({ figures }) => figures.rate);
  const label = `${name}: ${formatPlural(points.length, 'run', 'runs')}, stalled ${formatShare(Math.min(...rates))} to ${formatShare(Math.max(...rates))}, last ${formatShare(rates.at(-1) ?? 0)}`;
  return `<figure class="chart"><h3>${escapeHtml(name)}</h3>
<div class="plot-row"><svg class="levels" width="56" height="${HEIGHT_PX}" aria-hidden="true">${levels
    .map((level) => `<text x="50" y="${round(y(level) + 4)}" text-anchor="end">${formatShare(level)}</text>`)
    .join('')}</svg>
<svg class="points" width="100%" height="${HEIGHT_PX}" role="img" aria-label="${escapeHtml(label)}">
${levels.map((level) => `<line class="grid" x1="0%" x2="100%" y1="${round(y(level))}" y2="${round(y(level))}"/>`).join('')}
${points
  .slice(1)
  .map((point, index) => {
    const before = points[index]!;
    return `<line class="course" x1="${round(before.x)}%" y1="${round(y(before.figures.rate))}" x2="${round(point.x)}%" y2="${round(y(point.figures.rate))}"/>`;
  })
  .join('')}
${points.map((point) => renderPoint(point, y)).join('\n')}
</svg></div>
${renderDates(runs)}</figure>`;
}

function renderPoint({ run, figures, x }: Point, y: (share: number) => number): string {
  const { rate, ci95 } = figures;
  const { word, tone } = formatOutcome(run);
  const at = `${round(x)}%`;
  const title = `${run.startedAt.slice(0, 16).replace('T', ' ')}${run.label === '' ? '' : ` ${run.label}`}: ${formatShare(rate)} stalled (${ci95.map(formatShare).join(' - ')}), ${word}`;
  return `<a href="${runHref(run.folder)}" tabindex="-1"><title>${escapeHtml(title)}</title><line class="interval" x1="${at}" x2="${at}" y1="${round(y(ci95[0]))}" y2="${round(y(ci95[1]))}"/><circle class="${tone === 'doubt' ? 'hollow' : 'full'}" cx="${at}" cy="${round(y(rate))}" r="4"/></a>`;
}

/**
 * Labels: times for runs of one day, with seconds if a minute has several; otherwise days; both if a day has several.
 */
function nameMoments(runs: readonly RunRow[]): string[] {
  const days = runs.map(({ startedAt }) => startedAt.slice(5, 10));
  const minutes = runs.map(({ startedAt }) => startedAt.slice(11, 16));
  const isQuick = new Set(runs.map(({ startedAt }) => startedAt.slice(0, 16))).size < runs.length;
  const times = isQuick ? runs.map(({ startedAt }) => startedAt.slice(11, 19)) : minutes;
  const distinct = new Set(runs.map(({ startedAt }) => startedAt.slice(0, 10))).size;
  if (distinct === runs.length) return days;
  return distinct === 1 ? times : days.map((day, index) => `${day} ${times[index]}`);
}

function renderDates(runs: readonly RunRow[]): string {
  const names = nameMoments(runs);
  const longest = Math.max(...names.map(({ length }) => length));
  const every = Math.ceil(runs.length / (longest > 5 ? MAX_MOMENTS : MAX_DATES));
  const dates = names.flatMap((name, index) => {
    if ((runs.length - 1 - index) % every !== 0) return [];
    const x = ((index + 0.5) / runs.length) * 100;
    // With many runs, the last label would cross the edge.
    const isCut = index === runs.length - 1 && 100 - x < longest * LETTER_PERCENT;
    const [at, anchor] = isCut ? [100, 'end'] : [x, 'middle'];
    return [`<text x="${round(at)}%" y="12" text-anchor="${anchor}">${escapeHtml(name)}</text>`];
  });
  return `<div class="plot-row"><span class="levels"></span><svg class="dates" width="100%" height="16" aria-hidden="true">${dates.join('')}</svg></div>`;
}

/** 1, 2 or 5 times a power of ten, so that two to five steps reach the maximum. */
function stepFor(highest: number): number {
  const most = Math.max(highest, 1e-6);
  const decade = 10 ** Math.floor(Math.log10(most));
  const ratio = most / decade;
  return Number((decade * (ratio <= 1 ? 0.5 : ratio <= 2.5 ? 0.5 : ratio <= 5 ? 1 : 2)).toPrecision(1));
}

function round(value: number): number {
  return Number(value.toFixed(2));
}
