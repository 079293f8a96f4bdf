import type { Comparison } from '../../analysis/compare/types.ts';
import {
  formatCount,
  formatDuration,
  formatMicros,
  formatMoment,
  formatPerSec,
  formatShare,
} from '../format.ts';
import { formatTestedFully } from '../tested.ts';
import { formatFigure, formatVerdict } from '../verdict.ts';
import { escapeHtml, htmlTable } from './html.ts';
import { armNames, armSides, type Side, sideLabel } from './sides.ts';

const TONES: Readonly<Record<string, string>> = {
  better: 'good',
  worse: 'bad',
  mixed: 'bad',
};

/** What the change did, in a sentence. */
export function comparisonSection({ verdict, sentence, warnings, diagnosis }: Comparison): string {
  return `<section class="verdict ${TONES[verdict] ?? 'doubt'}"><p class="lead">${escapeHtml(sentence)}</p>${list(
    (diagnosis?.changes ?? []).map((change) => change.sentence),
    'causes',
  )}${list(warnings, 'warnings')}</section>`;
}

/** What was tested, for readers who have nothing but this page. */
export function testedLine({ name, run: { summary, tested } }: Side): string {
  return `<p class="tested">${escapeHtml(sideLabel(name, formatTestedFully(tested, summary.run)))}</p>`;
}

/** One run: its verdict, criteria, findings. */
export function verdictSection({ name, run: { summary } }: Side): string {
  const { run, verdict, findings } = summary;
  const { word, tone, because } = formatVerdict(run.status, verdict);
  const subject = run.label === '' ? run.scenario : `${run.scenario} (${run.label})`;
  const criteria = verdict.criteria.map(
    ({ text, value, held }) =>
      `${held === null ? 'unknown' : held ? 'held' : 'FAILED'}: ${text} (${value === null ? 'not measured' : `measured ${formatFigure(text, value)}`})`,
  );
  const found = findings
    .filter(({ confidence }) => confidence !== 'none')
    .map(
      ({ arm, text, confidence, under }) =>
        `${under === undefined ? '' : 'with it: '}${arm === undefined ? '' : `${arm}: `}${text} (${confidence} confidence)`,
    );
  const reasons = verdict.reasons.filter((reason) => reason !== because);
  return `<section class="verdict ${tone}"><p class="lead"><strong>${word}</strong> ${escapeHtml(
    `${sideLabel(name, subject)}: ${because}`,
  )}</p>${list(reasons, 'reasons')}${list(criteria, 'criteria')}${list(found, 'findings')}</section>`;
}

function list(items: readonly string[], kind: string): string {
  if (items.length === 0) return '';
  return `<ul class="${kind}">${items.map((item) => `<li>${escapeHtml(item)}</li>`).join('')}</ul>`;
}

/** The figures people ask for first, a line an arm and run. */
export function keyFiguresSection(sides: readonly Side[]): string {
  const right = (title: string) => ({ title, align: 'right' }) as const;
  const rows = armNames(sides).flatMap((arm) =>
    armSides(sides, arm).map(({ side, summary }) => [
      sideLabel(side, arm),
      formatCount(summary.started),
      formatPerSec(summary.achievedPerSec),
      formatCount(summary.stalled.count),
      formatShare(summary.stalled.rate),
      summary.stalled.ci95.map(formatShare).join(' - '),
      formatShare(summary.completedShare),
      formatMicros(summary.handshakeUs.p50),
      formatMicros(summary.handshakeUs.p99),
    ]),
  );
  const table = htmlTable(
    {
      columns: [
        { title: 'arm', align: 'left' },
        ...['started', 'rate', 'stalled', 'share', '95 % interval', 'completed'].map(right),
        ...['handshake p50', 'p99'].map(right),
      ],
      rows,
    },
    'Key figures',
  );
  return `<section><h2>Key figures</h2>${table}</section>`;
}

/** Machine, kernel and settings; two runs beside each other, what differs marked. */
export function hostSection(sides: readonly Side[]): string {
  const facts = sides.map(({ run }) => factsOf(run));
  const names = [...new Set(facts.flatMap((side) => [...side.keys()]))];
  const rows = names.map((name) => {
    const values = facts.map((side) => side.get(name) ?? '-');
    const differs = values.some((value) => value !== values[0]);
    return [name, ...values, ...(sides.length > 1 ? [differs ? 'differs' : ''] : [])];
  });
  const left = (title: string) => ({ title, align: 'left' }) as const;
  const table = htmlTable(
    {
      columns: [left(''), ...sides.map(({ name }) => left(name)), ...(sides.length > 1 ? [left('')] : [])],
      rows,
    },
    'Kernel and host',
  );
  return `<section><h2>Kernel and host</h2>${table}</section>`;
}

function factsOf(run: Side['run']): Map<string, string> {
  const { name: folder, summary, versions, workers, endpoints } = run;
  const facts = new Map<string, string>([
    ['run', folder],
    ['started', formatMoment(summary.run.startedAt)],
    ['lasted', formatDuration((Date.parse(summary.run.endedAt) - Date.parse(summary.run.startedAt)) * 1_000)],
    ['status', summary.run.status],
    [
      'engine',
      `${summary.run.engine}${summary.run.stallsByTcpInfo ? '' : ', stalls inferred from time only'}`,
    ],
    ['workers', String(workers)],
    ['lateness of this machine, p99', formatMicros(summary.latenessUs.p99)],
  ]);
  for (const [arm, list] of Object.entries(endpoints)) facts.set(`${arm} connects to`, list.join(', '));
  for (const [name, version] of Object.entries(versions))
    facts.set(name === 'commit' ? 'commit of rushhour' : `version of ${name}`, version);
  addFacts(facts, '', run.host);
  return facts;
}

/** Groups of facts that say nothing of how it measures. */
const PASSED_OVER = new Set(['tools', 'node']);

/** Leaves of whatever was noted of the host, by their path; the names of kernel settings stand alone. */
function addFacts(facts: Map<string, string>, path: string, value: unknown): void {
  if (Array.isArray(value)) facts.set(path, value.join(', '));
  else if (typeof value === 'object' && value !== null) {
    for (const [key, below] of Object.entries(value)) {
      if (!PASSED_OVER.has(key))
        addFacts(facts, path === 'sysctls' ? key : `${path} ${formatKey(key)}`.trimStart(), below);
    }
  } else if (value !== undefined) facts.set(path, value === null ? 'unknown' : String(value) || 'none');
}

/** `memoryBytes` is `memory bytes`. */
function formatKey(key: string): string {
  return key.replace(/[a-z][A-Z]/g, ([end, start]) => `${end} ${start!.toLowerCase()}`);
}

/** The command lines, as a shell takes them. */
export function reproduceSection(sides: readonly Side[]): string {
  const commands = sides.map(
    ({ name, run }) =>
      `${name === '' ? '' : `<h3>${name}</h3>`}<pre tabindex="0">${escapeHtml(run.command.map(quoteWord).join(' '))}</pre>`,
  );
  return `<section><h2>How to reproduce</h2>${commands.join('')}</section>`;
}

/** As a POSIX shell wants it (XCU 2.2.2). */
export function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, `'\\''`)}'`;
}
