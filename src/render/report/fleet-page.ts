import { sumOverArms } from '../../analysis/sites/sums.ts';
import type { FleetSummary, GroupSummary, GroupSums, SiteSummary } from '../../analysis/sites/types.ts';
import { wilsonInterval } from '../../analysis/wilson.ts';
import { formatStatus, SITE_WORDS, whatRan } from '../fleet.ts';
import { describeFailed, describeRamps, listFailedLines } from '../fleet-failed.ts';
import { formatCount, formatShare } from '../format.ts';
import { escapeHtml, htmlTable } from './html.ts';
import type { ReportAssets } from './page.ts';
import { renderPage } from './page-frame.ts';

/** Nothing is fetched and nothing runs, whatever a label contains (CSP level 3). */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

const left = (title: string) => ({ title, align: 'left' }) as const;
const right = (title: string) => ({ title, align: 'right' }) as const;
const FIGURES = [
  right('started'),
  right('completed'),
  right('stalled'),
  right('share'),
  right('95 % interval'),
];

/**
 * A fleet's run as one page that needs no other file: which sites are ill, why as far as their runs tell, sums, and probes.
 * @param href of the page of a probe's run, by the name of its folder; undefined: there is none to link to
 */
export function renderFleetReport(
  summary: FleetSummary,
  { uplotStyle, style }: Pick<ReportAssets, 'uplotStyle' | 'style'>,
  href?: (folder: string) => string,
): string {
  const { run, sites, externals, firewalls, ill, text, common, warnings } = summary;
  const title = `rushhour: ${run.id}`;
  const tone = ill.length > 0 ? 'bad' : sites.every(({ status }) => status === 'not-ill') ? 'good' : 'doubt';
  return renderPage(
    { title, policy: POLICY, styles: [uplotStyle, style] },
    `<header><h1>${escapeHtml(title)}</h1>
<p class="tested">${escapeHtml(whatRan(run, run.scenario ?? ''))}</p></header>
<main>
<section class="verdict ${tone}"><p class="lead">${escapeHtml(text)}</p>${failedSection(summary)}${list([
      ...sites.filter(({ status }) => status === 'ill').map((site) => `${site.name} is ill: ${site.text}`),
      ...common.map((one) => one.text),
    ])}${list(warnings)}</section>
${sitesSection(sites)}
${groupSection('Firewalls', 'firewall', firewalls)}
${groupSection('External addresses', 'external address', externals)}
${probesSection(summary, href)}
</main>`,
  );
}

function failedSection(summary: FleetSummary): string {
  const said = describeFailed(summary);
  return said === '' ? '' : `<p>FAIL: ${escapeHtml(said)}</p>${list(listFailedLines(summary.failed))}`;
}

function list(items: readonly string[]): string {
  return items.length === 0 ? '' : `<ul>${items.map((item) => `<li>${escapeHtml(item)}</li>`).join('')}</ul>`;
}

function figuresOf(sums: Pick<GroupSums, 'arms' | 'summed'>): string[] {
  if (sums.summed.length === 0) return ['', '', '', '', ''];
  const { started, completed, stalled } = sumOverArms(sums);
  const interval = wilsonInterval(Math.min(stalled, started), started);
  const counts = [started, completed, stalled].map(formatCount);
  return started === 0
    ? [...counts, '', '']
    : [...counts, formatShare(stalled / started), interval.map(formatShare).join(' - ')];
}

function sitesSection(sites: readonly SiteSummary[]): string {
  const rows = sites.map((site) => [
    ...[site.name, site.firewalls.join(', '), `${site.summed.length} of ${site.probes.length}`],
    ...[...figuresOf(site), SITE_WORDS[site.status], site.diagnosis.text],
  ]);
  const columns = [
    ...[left('site'), left('firewall'), left('probes'), ...FIGURES],
    ...[left('judged'), left('what its runs say')],
  ];
  return `<section><h2>Sites</h2>${chart(sites)}${htmlTable({ columns, rows }, 'Sites')}</section>`;
}

const ROW = 22;
const NAMES = 180;
const WIDTH = 760;
/** More rows than this are not looked at; the table has them all. */
const MOST_ROWS = 60;
/** Of a name in the chart. */
const MOST_LETTERS = 24;

/** The share of stalled connections at each site with its interval, the worst first. */
function chart(sites: readonly SiteSummary[]): string {
  const shares = sites
    .map((site) => ({ site, ...sumOverArms(site) }))
    .filter(({ started }) => started > 0)
    .map(({ site, started, stalled }) => {
      const [low, high] = wilsonInterval(Math.min(stalled, started), started);
      return { site, share: Math.min(1, stalled / started), low, high };
    })
    .sort((a, b) => b.share - a.share)
    .slice(0, MOST_ROWS);
  if (shares.length < 2) return '';
  const most = Math.max(...shares.map(({ high }) => high));
  const x = (share: number): string => (NAMES + (share / most) * (WIDTH - NAMES - 10)).toFixed(1);
  const rows = shares.map(({ site, share, low, high }, index) => {
    const y = index * ROW + ROW / 2;
    const name = site.name.length > MOST_LETTERS ? `${site.name.slice(0, MOST_LETTERS)}...` : site.name;
    const weight = site.status === 'ill' ? ' font-weight="bold"' : '';
    return `<g><title>${escapeHtml(`${site.name}: ${formatShare(share)} (${formatShare(low)} to ${formatShare(high)}), ${SITE_WORDS[site.status]}`)}</title>
<text x="0" y="${y + 4}" font-size="12" fill="currentColor"${weight}>${escapeHtml(name)}</text>
<line x1="${x(low)}" x2="${x(high)}" y1="${y}" y2="${y}" stroke="currentColor" stroke-width="1.5"/>
<circle cx="${x(share)}" cy="${y}" r="${site.status === 'ill' ? 5 : 3}" fill="currentColor"/></g>`;
  });
  const height = shares.length * ROW + ROW;
  return `<figure><figcaption>Share of stalled connections at each site, with its 95 % interval; the axis ends at ${escapeHtml(formatShare(most))}. Sites that are ill are bold.</figcaption>
<svg viewBox="0 0 ${WIDTH} ${height}" width="100%" role="img" aria-label="Share of stalled connections by site; the table below has the same figures">${rows.join('\n')}
<line x1="${x(0)}" x2="${x(most)}" y1="${height - ROW / 2}" y2="${height - ROW / 2}" stroke="currentColor" stroke-width="0.5"/></svg></figure>`;
}

function groupSection(heading: string, title: string, groups: readonly GroupSummary[]): string {
  if (groups.length === 0) return '';
  const rows = groups.map((group) => [
    ...[group.name ?? 'unknown', `${group.summed.length} of ${group.probes.length}`, ...figuresOf(group)],
    `${group.ill.length} of ${group.sites.length}`,
  ]);
  const columns = [left(title), left('probes'), ...FIGURES, right('ill sites')];
  return `<section><h2>${heading}</h2>${htmlTable({ columns, rows }, heading)}</section>`;
}

function probesSection({ probes, all }: FleetSummary, href?: (folder: string) => string): string {
  const rows = probes.map(({ probe, site, status, stage, arms, start, trouble }) => [
    ...[probe, site, formatStatus({ status, stage })],
    ...figuresOf({ arms: arms ?? {}, summed: arms === null ? [] : [probe] }),
    start === null ? '' : `${start.skewMs.toFixed(1)} +- ${start.errorMs.toFixed(1)} ms`,
    trouble.join('; '),
  ]);
  const columns = [
    ...[left('probe'), left('site'), left('status'), ...FIGURES],
    ...[right('start'), left('what is missing or went wrong')],
  ];
  const links =
    href === undefined
      ? ''
      : `<p>${probes
          .filter(({ folder }) => folder !== null)
          .map(({ probe, folder }) => `<a href="${href(folder!)}">${escapeHtml(probe)}</a>`)
          .join(' ')}</p>`;
  const ramps = describeRamps(all);
  const below = ramps === '' ? '' : `<p>${escapeHtml(ramps)}</p>`;
  return `<section><h2>Probes</h2>${links}${htmlTable({ columns, rows }, 'Probes')}${below}</section>`;
}
