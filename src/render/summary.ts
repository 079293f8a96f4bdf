import { describeCounters } from '../analysis/counter-words.ts';
import type { Tested } from '../analysis/tested.ts';
import type { Quantiles, Summary, Wholeness } from '../analysis/types.ts';
import { renderArm } from './arm.ts';
import { renderDiagnosis } from './diagnosis.ts';
import { escapeControls } from './escape.ts';
import { formatFar } from './far-words.ts';
import { formatFirewall } from './firewall.ts';
import { formatDuration, formatMicros, formatMoment, formatPlural } from './format.ts';
import { formatCaptureDrops } from './met.ts';
import { createPaint, type Paint } from './paint.ts';
import { formatPings } from './pings.ts';
import { renderLabelled, wrap } from './table.ts';
import { formatFrom, formatTested } from './tested.ts';
import { renderVerdict } from './verdict.ts';

export interface SummaryLook {
  readonly colour: boolean;
  /** Columns of the terminal; the text never takes more than {@link MAX_WIDTH}. */
  readonly width: number;
  /** The results folder; omitted if there is none. */
  readonly dir?: string;
  /** Of its folder, where it was read from one; its id otherwise. */
  readonly name?: string;
  /** What was tested; omitted if unknown. */
  readonly tested?: Tested;
  /** Of a run that asks why: its diagnosis follows in full, and its arms are what led to it. */
  readonly isHead?: boolean;
}

/** Wide enough for the tables, narrow enough for a ticket. */
const MAX_WIDTH = 98;
/** Narrower is unreadable. */
const MIN_WIDTH = 40;

/** A run's summary as text to read or to paste into a ticket; leads with the verdict, ends with a line feed. */
export function renderSummary(summary: Summary, look: SummaryLook): string {
  const width = Math.max(MIN_WIDTH, Math.min(MAX_WIDTH, look.width));
  const paint = createPaint(look.colour);
  const head = [
    renderVerdict(summary, width, paint),
    [...renderRun(summary, width, look), ...renderPings(summary, width), ...renderCounters(summary, width)],
  ];
  const rest = [
    renderWhy(summary, width, paint),
    renderFindings(summary, width, paint),
    ...Object.entries(summary.arms).map(([name, arm]) => renderArm(name, arm, width, paint)),
  ];
  return `${(look.isHead === true ? head : [...head, ...rest])
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`;
}

function renderRun(summary: Summary, width: number, { dir, name, tested }: SummaryLook): string[] {
  const { run, latenessUs, starvedSec = 0, soak, session, firewall, far } = summary;
  const drops = formatCaptureDrops(summary);
  const lengthUs = (Date.parse(run.endedAt) - Date.parse(run.startedAt)) * 1_000;
  const from = tested === undefined ? '' : formatFrom(tested);
  const whole = soak ?? session;
  const happened = whole === undefined ? '' : describeEvents(whole);
  const stalls = run.stallsByTcpInfo ? '' : ', stalls inferred from time only';
  return [
    ...renderLabelled('run', `${name ?? run.id}, ${run.status}, ${run.engine} engine${stalls}`, width),
    ...renderLabelled('when', `${formatMoment(run.startedAt)}, for ${formatDuration(lengthUs)}`, width),
    ...(happened === '' ? [] : renderLabelled('events', happened, width)),
    ...(tested === undefined ? [] : renderLabelled('tested', formatTested(tested), width)),
    ...(from === '' ? [] : renderLabelled('from', from, width)),
    ...(latenessUs.count === 0 ? [] : renderLabelled('lateness', formatLateness(latenessUs), width)),
    ...(firewall === undefined ? [] : renderLabelled('firewall', formatFirewall(firewall), width)),
    ...(far === undefined ? [] : renderLabelled('far side', escapeControls(formatFar(far)), width)),
    ...(drops === undefined ? [] : renderLabelled('capture', drops, width)),
    ...(starvedSec === 0 ? [] : renderLabelled('starved', formatStarved(starvedSec), width)),
    // A path is for copying, so it is never wrapped.
    ...(dir === undefined ? [] : [`${'results'.padEnd(12)}${escapeControls(dir)}`]),
  ];
}

/** The report shows the rest. */
const MOST_PINGED = 4;

function renderPings(summary: Summary, width: number): string[] {
  const pings = formatPings(summary);
  const more = pings.length - MOST_PINGED;
  return [
    ...pings.slice(0, MOST_PINGED).flatMap((text) => renderLabelled('pings', text, width)),
    ...(more > 0 ? renderLabelled('pings', `and ${more} more addresses`, width) : []),
  ];
}

function renderCounters(summary: Summary, width: number): string[] {
  const { near, far } = describeCounters(summary);
  return [
    ...(near.length === 0 ? [] : renderLabelled('kernel', near.join('; '), width)),
    ...(far.length === 0 ? [] : renderLabelled('far kernel', far.join('; '), width)),
  ];
}

/** Every soak begins and ends, so these are left out. */
const EXPECTED = ['begun', 'ended'];

function describeEvents({ seconds, missingSec, setAsideSec, events }: Wholeness): string {
  const kinds = events
    .filter(({ kind }) => !EXPECTED.includes(kind))
    .map(({ kind, count }) => (count === 1 ? kind : `${kind} (${count} times)`));
  return [
    ...kinds,
    ...(setAsideSec === 0 ? [] : [`${setAsideSec} of ${seconds} s excluded`]),
    ...(missingSec === 0 ? [] : [`${missingSec} s missing`]),
  ].join(', ');
}

function formatLateness({ p50, p99, max }: Quantiles): string {
  return `of this machine in starting attempts: p50 ${formatMicros(p50)}, p99 ${formatMicros(p99)}, max ${formatMicros(max)}`;
}

function formatStarved(seconds: number): string {
  return `in ${formatPlural(seconds, 'second', 'seconds')}, a worker thread of this machine did not run at all`;
}

function renderWhy({ diagnosis }: Summary, width: number, paint: Paint): string[] {
  if (diagnosis === undefined) return [];
  const lines = renderDiagnosis(diagnosis, { width: width - 2, paint, isBrief: true });
  return [paint('strong', 'Diagnosis'), ...lines.map((line) => `  ${line}`)];
}

function renderFindings({ findings, verdict }: Summary, width: number, paint: Paint): string[] {
  if (findings.length === 0) return [];
  const lines = findings.flatMap(({ arm, confidence, text, under }) => {
    const where = arm === undefined || under !== undefined ? '' : `${arm}: `;
    const sure = confidence === 'none' ? '' : ` (${confidence} confidence)`;
    const indent = under === undefined ? '  ' : '      ';
    return wrap(`${where}${text}${sure}`, width - indent.length - 2).map((line, index) =>
      index === 0 ? `${indent}- ${line}` : `${indent}  ${line}`,
    );
  });
  const doubt = verdict.generatorLimited ? ' (this machine was the bottleneck: measure again)' : '';
  return [paint('strong', `Findings${doubt}`), ...lines];
}
