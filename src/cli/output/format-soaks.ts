import { formatBytes, formatCount, formatDuration, formatMoment } from '../../render/format.ts';
import { renderTable } from '../../render/table.ts';
import { renderLabelled, wrapHanging } from '../../render/wrap.ts';
import type { PastSoak, SoakStatus } from '../../service/status.ts';

/** One installed soak, as text. */
export function formatStatus(status: SoakStatus, width: number): string {
  const { night, by, attention, clocks, last, bytes } = status;
  const days = night.on === null ? 'every day' : night.on;
  const labelled = (label: string, text: string) => renderLabelled(`  ${label}`, text, width, 11);
  const lines = [
    ...wrapHanging(
      `${night.name}: ${night.scenario} at ${night.at} ${days} for ${formatDuration(night.forUs)}, by ${by}`,
      width,
      2,
    ),
    ...labelled('next', formatNext(status)),
    ...clocks.flatMap((line) => labelled('clocks', line)),
    ...labelled('now', formatNow(status)),
    ...labelled('results', `${night.results}, ${formatBytes(bytes)}`),
    ...attention.flatMap((text) => labelled('WARNING', text)),
    ...tableOf(last, width),
  ];
  return `${lines.join('\n')}\n`;
}

function formatNext({ armed, nextStart }: SoakStatus): string {
  if (nextStart === null) return 'never: its timer is not running';
  const moment = formatMoment(nextStart);
  return armed === null ? `${moment}, if its timer is running, which cannot be checked here` : moment;
}

function formatNow({ lock, underWay }: SoakStatus): string {
  if (lock === null) return 'nothing is running';
  const { what, runId, since } = lock;
  const who = `${runId ?? what} (process ${lock.process.pid}, since ${formatMoment(since)})`;
  if (!lock.alive) return `${who} was killed`;
  return underWay ? `running: ${who}` : `another program is using the results folder: ${who}`;
}

function tableOf(last: readonly PastSoak[], width: number): string[] {
  if (last.length === 0) return ['  no runs yet'];
  const left = (title: string) => ({ title, align: 'left' }) as const;
  const right = (title: string) => ({ title, align: 'right' }) as const;
  const columns = [
    left('run'),
    { ...left('verdict'), leads: true },
    right('stalled'),
    right('of'),
    { ...right('size'), spare: 1 },
  ];
  const rows = last.map((past) => [
    past.id,
    formatVerdict(past),
    past.stalled === null ? '-' : formatCount(past.stalled),
    past.started === null ? '-' : formatCount(past.started),
    formatBytes(past.bytes),
  ]);
  return renderTable(columns, rows, width - 2).map((line) => `  ${line}`);
}

function formatVerdict({ status, pass, generatorLimited }: PastSoak): string {
  if (status !== 'complete') return status;
  if (generatorLimited) return 'generator-limited';
  if (pass === null) return 'no verdict';
  return pass ? 'passed' : 'FAILED';
}
