import type { LimitCause, Summary } from '../analysis/types.ts';
import { formatCount, formatMicros, formatPerSec, formatPlural, formatShare } from './format.ts';
import type { Paint, Tone } from './paint.ts';
import { shortenWords } from './shorten.ts';
import { layOutTable, wrap } from './table.ts';

type Verdict = Summary['verdict'];

/** The verdict in capitals, its reason, and every criterion with the measured value. */
export function renderVerdict({ run, verdict }: Summary, width: number, paint: Paint): string[] {
  const { word, tone, because } = formatVerdict(run.status, verdict);
  const subject = run.label === '' ? run.scenario : `${run.scenario} (${run.label})`;
  return [
    ...renderLead(word, `${subject}: ${because}`, width, (text) => paint(tone, paint('strong', text))),
    ...verdict.reasons
      .filter((reason) => reason !== because)
      .flatMap((reason) => wrap(reason, width - 2))
      .map((line) => `  ${line}`),
    ...renderRemedy(verdict, width),
    ...renderCriteria(verdict.criteria, width, paint),
  ];
}

/** Limits that more processor time or less load removes. */
const BUSY: ReadonlySet<LimitCause> = new Set([
  ...([
    'unsent-late',
    'lateness',
    'starved',
    'local-no-memory',
    'local-start-failure',
    'local-failure',
  ] as const),
]);

/** Limits that less load or a higher limit removes. */
const SCARCE: ReadonlySet<LimitCause> = new Set([
  ...(['unsent-open-limit', 'local-fd-exhausted'] as const),
  ...(['unsent-no-port', 'local-port-exhausted'] as const),
]);

/** None if the reason itself says what to do, for example what drops packets on this machine. */
function findRemedy({ generatorLimited, limitedBy = ['lateness'] }: Verdict): string | undefined {
  if (!generatorLimited) return undefined;
  if (limitedBy.some((cause) => BUSY.has(cause)))
    return 'stop whatever else keeps this machine busy (uptime, top) or lower --rate, then run it again; rushhour doctor checks the limits';
  if (limitedBy.includes('local-port-in-use'))
    return 'something else on this machine has these source ports, such as a proxy that runs here: give the arm others (source.ports) or move that elsewhere, then run it again';
  if (limitedBy.some((cause) => SCARCE.has(cause)))
    return 'lower the rate or the number of connections, or raise the limit, then run it again; rushhour doctor checks the limits';
  return undefined;
}

function renderRemedy(verdict: Verdict, width: number): string[] {
  const remedy = findRemedy(verdict);
  if (remedy === undefined) return [];
  return wrap(remedy, width - 5).map((line, index) => (index === 0 ? `  -> ${line}` : `     ${line}`));
}

export interface FormattedVerdict {
  readonly word: 'PASS' | 'FAIL' | 'NO VERDICT' | 'DONE';
  readonly tone: Tone;
  readonly because: string;
}

/** The verdict in one word, with its reason. */
export function formatVerdict(status: Summary['run']['status'], verdict: Verdict): FormattedVerdict {
  if (status === 'failed') return noVerdict('the run failed');
  if (status === 'running') return noVerdict('the run is still in progress');
  if (verdict.generatorLimited) {
    return noVerdict('generator-limited: this machine was the bottleneck, so the firewall was not tested');
  }
  if (status === 'interrupted') return noVerdict('the run was interrupted');
  const total = formatPlural(verdict.criteria.length, 'criterion', 'criteria');
  if (verdict.criteria.length === 0) return formatWithoutCriteria(verdict);
  if (verdict.pass === null) return noVerdict('not every criterion could be judged');
  if (verdict.pass) return { word: 'PASS', tone: 'good', because: `${total} held` };
  const failed = verdict.criteria.filter(({ held }) => held === false).length;
  const last = verdict.reasons.at(-1);
  if (failed === 0 && last !== undefined) return { word: 'FAIL', tone: 'bad', because: last };
  return { word: 'FAIL', tone: 'bad', because: `${formatCount(failed)} of ${total} did not hold` };
}

/** Without criteria, a run of which hardly any attempt completed still fails. */
function formatWithoutCriteria({ pass, reasons }: Verdict): FormattedVerdict {
  const [first] = reasons;
  if (pass === false) return { word: 'FAIL', tone: 'bad', because: first ?? 'hardly any attempt completed' };
  return first === undefined
    ? { word: 'DONE', tone: 'strong', because: 'there are no pass criteria' }
    : noVerdict(first);
}

function noVerdict(because: string): FormattedVerdict {
  return { word: 'NO VERDICT', tone: 'doubt', because };
}

/** The word comes first on any terminal; text that does not fit beside it continues below. */
function renderLead(word: string, text: string, width: number, paint: (text: string) => string): string[] {
  const [first = '', ...rest] = wrap(shortenWords(text, width - word.length - 2), width - word.length - 2);
  return [
    `${paint(word)}  ${first}`,
    ...(rest.length === 0 ? [] : wrap(rest.join(' '), width - 2).map((line) => `  ${line}`)),
  ];
}

function renderCriteria(criteria: Verdict['criteria'], width: number, paint: Paint): string[] {
  const rows = criteria.map(({ text, value, held }) => [
    held === null ? 'unknown' : held ? 'held' : 'FAILED',
    text,
    value === null ? 'not measured' : `measured ${formatFigure(text, value)}`,
  ]);
  const left = { title: '', align: 'left' } as const;
  const columns = [left, { ...left, leads: true }, left];
  return layOutTable(columns, rows, width - 2).rows.flatMap((lines, index) =>
    lines.map((line) => (criteria[index]?.held === false ? `  ${paint('bad', line)}` : `  ${line}`)),
  );
}

/** The unit of a figure is in its name: `...Us...` means microseconds; rates are shares unless named PerSec. */
export function formatFigure(criterion: string, value: number): string {
  const path = criterion.split(/[<>=!]/, 1)[0]?.trim() ?? '';
  if (/Us\b/.test(path)) return formatMicros(value);
  if (/PerSec$/.test(path)) return formatPerSec(value);
  if (/\.rate$|\.ratePerFrame\.|\.ci95|Share$/.test(path)) return formatShare(value);
  return formatCount(value);
}
