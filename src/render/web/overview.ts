import { formatMoment, formatPlural } from '../format.ts';
import { escapeHtml } from '../report/html.ts';
import { renderLayout } from './layout.ts';
import { renderRunsForm } from './runs-table.ts';
import { renderTrends } from './trend.ts';
import type { FleetRow, RunRow } from './types.ts';

export interface Overview {
  /** Every scenario with runs. */
  readonly scenarios: readonly string[];
  /** The scenario to show; undefined: all. */
  readonly scenario: string | undefined;
  /** The runs on this page of the list, latest first. */
  readonly rows: readonly RunRow[];
  /** From 1. */
  readonly page: number;
  readonly pages: number;
  readonly total: number;
  /**
   * Groups of runs of one scenario with the same work and far end, oldest first; the group with the latest run comes
   * first.
   */
  readonly trends: readonly (readonly RunRow[])[];
  /** Runs of that scenario in no group. */
  readonly apart: number;
  /** What no trend includes, and why: sentences. */
  readonly leftOut: readonly string[];
  /** Runs of fleets to show, latest first. */
  readonly fleets: readonly FleetRow[];
  /** Folders of runs that cannot be shown, or not completely. */
  readonly damaged: readonly { readonly folder: string; readonly why: string }[];
}

/** The list of runs, and the trend of one scenario. */
export function renderOverview(overview: Overview): string {
  const { scenario, rows, trends, apart, total } = overview;
  const title = scenario === undefined ? 'Runs and soaks' : `Runs of ${scenario}`;
  if (rows.length === 0) {
    const main = `<p>There are no runs here yet: <code>rushhour run quickstart</code> creates one.</p>
${renderDamaged(overview)}`;
    return renderLayout({ title, place: 'runs', main });
  }
  const main = `${renderFilter(overview)}
${renderFleets(overview)}
${trends.length === 0 ? '' : renderTrends(trends, apart)}${renderLeftOut(overview)}
<section aria-labelledby="runs-heading"><h2 id="runs-heading">${formatPlural(total, 'run', 'runs')}</h2>
${renderRunsForm(rows)}
${renderPager(overview)}</section>
${renderDamaged(overview)}`;
  return renderLayout({ title, place: 'runs', main, hasScript: true });
}

function renderFilter({ scenarios, scenario }: Overview): string {
  if (scenarios.length < 2) return '';
  const link = (name: string | undefined, text: string) =>
    `<li><a href="${hrefOf(name, 1)}"${name === scenario ? ' aria-current="true"' : ''}>${escapeHtml(text)}</a></li>`;
  return `<nav class="filter" aria-label="Scenario"><ul>${link(undefined, 'all')}${scenarios.map((name) => link(name, name)).join('')}</ul></nav>`;
}

function renderLeftOut({ leftOut }: Overview): string {
  return leftOut.map((why) => `<p class="caption">${escapeHtml(`Of trends, ${why}.`)}</p>`).join('');
}

/** Of a fleet with many sites. */
const MOST_SITES = 12;

function renderFleets({ fleets }: Overview): string {
  if (fleets.length === 0) return '';
  const items = fleets.map(({ id, label, startsAt, probes, sites }) => {
    const more = sites.length - MOST_SITES;
    const named = `${sites.slice(0, MOST_SITES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
    const when = startsAt === undefined ? '' : `${formatMoment(startsAt)}, `;
    return `<li><a href="${escapeHtml(`/fleets/${encodeURIComponent(id)}`)}">${escapeHtml(id)}</a>${label === '' ? '' : escapeHtml(` (${label})`)}: ${escapeHtml(`${when}${formatPlural(probes, 'probe', 'probes')} at ${formatPlural(sites.length, 'site', 'sites')}: ${named}`)}</li>`;
  });
  return `<section aria-labelledby="fleets-heading"><h2 id="fleets-heading">Runs of fleets</h2><ul>${items.join('')}</ul></section>`;
}

function renderDamaged({ damaged }: Overview): string {
  if (damaged.length === 0) return '';
  const items = damaged.map(
    ({ folder, why }) =>
      `<li><code>${escapeHtml(folder)}</code>: ${escapeHtml(why.replace(`${folder} is damaged: `, ''))}</li>`,
  );
  return `<section aria-labelledby="damaged-heading"><h2 id="damaged-heading">Damaged</h2>
<p>Of these folders nothing is shown, or not all.</p><ul>${items.join('')}</ul></section>`;
}

function renderPager({ scenario, page, pages }: Overview): string {
  if (pages < 2) return '';
  const link = (to: number, text: string, rel: string) =>
    to < 1 || to > pages ? '' : `<a href="${hrefOf(scenario, to)}" rel="${rel}">${text}</a> `;
  return `<nav class="pager" aria-label="Pages">${link(page - 1, 'later runs', 'prev')}<span class="faint">page ${page} of ${pages}</span> ${link(page + 1, 'earlier runs', 'next')}</nav>`;
}

function hrefOf(scenario: string | undefined, page: number): string {
  const query = new URLSearchParams();
  if (scenario !== undefined) query.set('scenario', scenario);
  if (page > 1) query.set('page', String(page));
  return query.size === 0 ? '/' : escapeHtml(`/?${query}`);
}
