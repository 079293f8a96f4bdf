import { REFUSED_FOR } from '../analysis/sites/refusals.ts';
import { sumOverArms } from '../analysis/sites/sums.ts';
import type {
  CommonCause,
  FleetSummary,
  GroupSummary,
  GroupSums,
  ProbeSummary,
  SiteStatus,
  SiteSummary,
} from '../analysis/sites/types.ts';
import { wilsonInterval } from '../analysis/wilson.ts';
import { escapeControls } from './escape.ts';
import { describeFailed, describeRamps, listFailedLines } from './fleet-failed.ts';
import { type FleetLook, renderNext } from './fleet-next.ts';
import { renderRefusals } from './fleet-refusals.ts';
import { formatCount, formatMoment, formatShare } from './format.ts';
import { createPaint, type Paint, type Tone } from './paint.ts';
import { type Column, layOutTable, renderTable, wrap } from './table.ts';

const INDENT = '  ';
/** Narrower is unreadable. */
const MIN_WIDTH = 40;

const text = (title: string): Column => ({ title, align: 'left' });
const shrinking = (title: string): Column => ({ title, align: 'left', gives: 'middle' });
const figure = (title: string): Column => ({ title, align: 'right' });
const FIGURES = [figure('started'), figure('completed'), figure('stalled'), text('stall rate (95 %)')];

export const SITE_WORDS: Readonly<Record<SiteStatus, string>> = {
  ill: 'ill',
  'not-ill': 'not ill',
  'cannot-tell': 'cannot tell',
  'generator-limited': 'generator-limited',
  'no-data': 'no data',
};

const TONES: Readonly<Record<SiteStatus, Tone>> = {
  ...{ ill: 'bad', 'not-ill': 'good', 'cannot-tell': 'doubt', 'generator-limited': 'doubt' },
  'no-data': 'doubt',
};

/** What became of a fleet's run: which sites are ill and why, sums, and a line for each probe. Ends with a line feed. */
export function renderFleet(summary: FleetSummary, look: FleetLook): string {
  const paint = createPaint(look.colour);
  const width = Math.max(MIN_WIDTH, look.width);
  const { run, sites, externals, firewalls, probes, warnings, ill } = summary;
  const tone = ill.length > 0 ? 'bad' : sites.every(({ status }) => status === 'not-ill') ? 'good' : 'doubt';
  const what = whatRan(run, run.scenario ?? scenarioIn(run.id));
  const blocks = [
    [
      escapeControls(run.id),
      ...wrap(escapeControls(what), width - INDENT.length).flatMap((line) =>
        line === '' ? [] : [INDENT + line],
      ),
    ],
    wrap(summary.text, width).map((line) => paint(tone, line)),
    renderFailed(summary, width, paint),
    ...(sites.length > 1
      ? [
          renderSites(summary, width, paint),
          ...sites
            .filter(({ status }) => status === 'ill')
            .map((site) => renderIll(site, probes, width, paint)),
          renderCommon(summary.common, width),
          renderUnjudged(sites, width),
        ]
      : [
          ...sites.map((site) => [
            ...(sumOverArms(site).stalled > 0 ? renderDiagnoses(site, probes, width) : []),
            // What is missing of a site without data follows with its probes.
            ...(site.status === 'no-data' ? [] : site.unjudged).flatMap((one) =>
              wrap(`${one.probe}: ${one.why}`, width),
            ),
          ]),
        ]),
    renderGroups('firewall', firewalls, width),
    renderGroups('external address', externals, width),
    renderProbes(summary, width),
    [
      ...probes.flatMap(({ probe, status, trouble }) =>
        trouble
          .filter((what) => status !== 'refused' || !what.startsWith(REFUSED_FOR))
          .map((what) => `${probe}: ${escapeControls(what)}`),
      ),
      ...renderRefusals(summary),
      ...warnings.flatMap((warning) => wrap(warning, width)),
    ],
    renderNext(summary, look),
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`;
}

/** `steady (timer 1 s), 2025-01-31 06:00:00 UTC`; may be empty. */
export function whatRan({ label, startsAt }: FleetSummary['run'], scenario: string): string {
  const named = [scenario, label === '' ? '' : `(${label})`].filter((part) => part !== '').join(' ');
  return [named, startsAt === null ? '' : formatMoment(startsAt)].filter((part) => part !== '').join(', ');
}

/** Where nothing was recorded, its id alone has the name: `20250131-060000-steady-k3f9`. */
function scenarioIn(id: string): string {
  return /^\d{8}-\d{6}-(.+)-[a-z0-9]{4}$/.exec(id)?.[1] ?? '';
}

/** Which criteria failed, and where: why a run of which nothing is missing does not end with 0. */
function renderFailed(summary: FleetSummary, width: number, paint: Paint): string[] {
  const said = describeFailed(summary);
  if (said === '') return [];
  return [
    ...wrap(`FAIL: ${said}`, width).map((line) => paint('bad', line)),
    ...listFailedLines(summary.failed).flatMap((line) =>
      wrap(line, width - 4).map((part, at) => `${at === 0 ? '  ' : '    '}${part}`),
    ),
  ];
}

function renderSites({ sites, all }: FleetSummary, width: number, paint: Paint): string[] {
  const hasFirewalls = sites.some(({ firewalls }) => firewalls.length > 0);
  const columns = [
    shrinking('site'),
    ...(hasFirewalls ? [{ ...shrinking('firewall'), spare: 1 }] : []),
    ...[text('probes'), ...FIGURES, text('judged')],
  ];
  const rows = sites.map((site) => [
    site.name,
    ...(hasFirewalls ? [site.firewalls.join(', ')] : []),
    ...[countProbes(site), ...formatSums(site), SITE_WORDS[site.status]],
  ]);
  const sum = [
    `all ${formatCount(sites.length)}`,
    ...(hasFirewalls ? [''] : []),
    ...[countProbes(all), ...formatSums(all), ''],
  ];
  const { head, rows: lines } = layOutTable(columns, [...rows, sum], width - INDENT.length);
  const toneOf = (index: number): Tone | undefined => {
    const status = sites[index]?.status;
    return status === undefined || status === 'not-ill' ? undefined : TONES[status];
  };
  return [
    ...head.map((line) => INDENT + line),
    ...lines.flatMap((row, index) => {
      const tone = toneOf(index);
      return row.map((line) => INDENT + (tone === undefined ? line : paint(tone, line)));
    }),
  ];
}

/** Why it is called ill, and what the runs of its probes say of why. */
function renderIll(
  site: SiteSummary,
  probes: readonly ProbeSummary[],
  width: number,
  paint: Paint,
): string[] {
  return [
    ...wrap(`${site.name} is ill: ${site.text}`, width).map((line) => paint('strong', line)),
    ...renderDiagnoses(site, probes, width),
  ];
}

/** What the runs of a site's probes say of why. */
function renderDiagnoses(site: SiteSummary, probes: readonly ProbeSummary[], width: number): string[] {
  const told = probes.filter((probe) => probe.site === site.name && probe.diagnosis !== null);
  const byText = new Map<string, string[]>();
  for (const { probe, diagnosis } of told)
    byText.set(diagnosis!.text, [...(byText.get(diagnosis!.text) ?? []), probe]);
  return [...byText].flatMap(([diagnosis, by]) =>
    wrap(`${by.join(', ')}: ${diagnosis}`, width - 4).map((line, at) => `${at === 0 ? '  ' : '    '}${line}`),
  );
}

export function renderCommon(common: readonly CommonCause[], width: number): string[] {
  return common.flatMap(({ text: what }) => wrap(`${what.charAt(0).toUpperCase()}${what.slice(1)}.`, width));
}

/** Lines about what was not judged; --json has all of them. */
const MOST_UNJUDGED = 20;

/** Sites of which it is not told whether they are ill, and probes that do not count in what is. */
function renderUnjudged(sites: readonly SiteSummary[], width: number): string[] {
  const said = sites.flatMap(({ name, status, text: why, unjudged }) => [
    ...(status === 'ill' || status === 'not-ill' ? [] : [`${name}: ${SITE_WORDS[status]}: ${why}`]),
    // What is missing of a site without data follows with its probes.
    ...(status === 'no-data' ? [] : unjudged).map(
      (one) => `${one.probe} does not count in the judgement of ${name}: ${one.why}`,
    ),
  ]);
  const more = said.length - MOST_UNJUDGED;
  return [...said.slice(0, MOST_UNJUDGED), ...(more > 0 ? [`and ${formatCount(more)} more`] : [])].flatMap(
    (line) => wrap(line, width),
  );
}

function renderGroups(title: string, groups: readonly GroupSummary[], width: number): string[] {
  if (groups.length === 0) return [];
  const columns = [shrinking(title), text('probes'), ...FIGURES, text('ill sites')];
  const rows = groups.map((group) => [
    group.name ?? 'unknown',
    countProbes(group),
    ...formatSums(group),
    `${formatCount(group.ill.length)} of ${formatCount(group.sites.length)}`,
  ]);
  return renderTable(columns, rows, width - INDENT.length).map((line) => INDENT + line);
}

function renderProbes({ probes, all }: FleetSummary, width: number): string[] {
  const columns = [text('probe'), shrinking('labels'), text('status'), ...FIGURES, text('start')];
  const rows = probes.map(({ probe, labels, status, stage, arms, start }) => [
    ...[probe, formatLabels(labels), formatStatus({ status, stage })],
    ...(arms === null ? ['', '', '', ''] : formatSums({ arms, summed: [probe] })),
    start === null ? '' : `${signed(start.skewMs)} +- ${start.errorMs.toFixed(1)} ms`,
  ]);
  const sum = [countProbes(all), '', '', ...formatSums(all), ''];
  const ramps = describeRamps(all);
  return [
    ...renderTable(columns, [...rows, sum], width - INDENT.length),
    ...(ramps === '' ? [] : wrap(ramps, width - INDENT.length)),
  ].map((line) => INDENT + line);
}

/** How far a probe has come, in a word or two. */
export function formatStatus({ status, stage }: Pick<ProbeSummary, 'status' | 'stage'>): string {
  if (stage === 'running') return 'sending';
  return status === 'no-answer' ? 'no answer' : status;
}

function countProbes({ probes, summed }: GroupSums): string {
  return `${formatCount(summed.length)} of ${formatCount(probes.length)}`;
}

function formatSums(sums: Pick<GroupSums, 'arms' | 'summed'>): string[] {
  if (sums.summed.length === 0) return ['', '', '', ''];
  const { started, stalled, completed } = sumOverArms(sums);
  const [low, high] = wilsonInterval(Math.min(stalled, started), started);
  const rate =
    started === 0 ? '' : `${formatShare(stalled / started)} (${formatShare(low)} to ${formatShare(high)})`;
  return [...[started, completed, stalled].map(formatCount), rate];
}

function formatLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
}

function signed(ms: number): string {
  return `${ms < 0 ? '-' : '+'}${Math.abs(ms).toFixed(1)}`;
}
