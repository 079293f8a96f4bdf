import { formatBytes, formatCount, formatDuration, formatMoment } from '../render/format.ts';
import { renderTable } from '../render/table.ts';
import type { NightStatus, PastNight } from '../service/status.ts';

/** One installed night, as a person reads it. */
export function wordStatus(status: NightStatus, width: number): string {
  const { night, by, attention, last, bytes } = status;
  const days = night.on === null ? 'every day' : night.on;
  const lines = [
    `${night.name}: ${night.scenario} at ${night.at} ${days} for ${formatDuration(night.forUs)}, by ${by}`,
    `  next     ${wordNext(status)}`,
    `  now      ${wordNow(status)}`,
    `  results  ${night.results}, ${formatBytes(bytes)}`,
    ...attention.map((text) => `  LOOK     ${text}`),
    ...tableOf(last, width),
  ];
  return `${lines.join('\n')}\n`;
}

function wordNext({ armed, nextStart }: NightStatus): string {
  if (nextStart === null) return 'never: its timer is not running';
  const moment = formatMoment(nextStart);
  return armed === null ? `${moment}, if its timer runs, which cannot be told here` : moment;
}

function wordNow({ lock, underWay }: NightStatus): string {
  if (lock === null) return 'nothing runs';
  const { what, runId, since } = lock;
  const who = `${runId ?? what} (process ${lock.process.pid}, since ${formatMoment(since)})`;
  if (!lock.alive) return `${who} was killed`;
  return underWay ? `under way: ${who}` : `another has the results folder: ${who}`;
}

function tableOf(last: readonly PastNight[], width: number): string[] {
  if (last.length === 0) return ['  no nights yet'];
  const left = (title: string) => ({ title, align: 'left' }) as const;
  const right = (title: string) => ({ title, align: 'right' }) as const;
  const columns = [left('night'), left('verdict'), right('stalled'), right('of'), right('size')];
  const rows = last.map((past) => [
    past.id,
    wordVerdict(past),
    past.stalled === null ? '-' : formatCount(past.stalled),
    past.started === null ? '-' : formatCount(past.started),
    formatBytes(past.bytes),
  ]);
  return renderTable(columns, rows, width - 2).map((line) => `  ${line}`);
}

function wordVerdict({ status, pass, generatorLimited }: PastNight): string {
  if (status !== 'complete') return status;
  if (generatorLimited) return 'generator-limited';
  if (pass === null) return 'no verdict';
  return pass ? 'passed' : 'FAILED';
}
