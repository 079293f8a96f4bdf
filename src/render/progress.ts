import type { Progress } from '../session/types.ts';
import { formatCount, formatDuration, formatMicros, formatPerSec, formatShare } from './format.ts';

/**
 * The progress of a run in one line of at most `width` characters, the most important first: complete if that fits,
 * otherwise abbreviated; what is still too long is omitted.
 */
export function renderProgress(progress: Progress, durationUs: number | undefined, width: number): string {
  const time = formatTime(progress, durationUs);
  const full = [time, ...formatInFull(progress)].join(' | ');
  if (full.length <= width) return full;
  return [time, ...formatInShort(progress)].reduce((line, part) => {
    const longer = `${line} ${part}`;
    return longer.length <= width ? longer : line;
  });
}

function formatInFull(progress: Progress): string[] {
  const { handshakeUs, stalled, failed } = progress;
  return [
    formatPerSec(progress.startedPerSec),
    `${formatCount(progress.established)} established`,
    `${formatCount(stalled)} stalled (${stalledShare(progress)})`,
    ...(handshakeUs.count === 0
      ? []
      : [`handshake p50 ${formatMicros(handshakeUs.p50)} p99 ${formatMicros(handshakeUs.p99)}`]),
    `${formatCount(progress.unsent)} unsent`,
    ...(failed === 0 ? [] : [`${formatCount(failed)} failed`]),
    `${formatCount(progress.open)} open`,
  ];
}

function formatInShort(progress: Progress): string[] {
  const { handshakeUs, stalled, failed } = progress;
  return [
    formatPerSec(progress.startedPerSec),
    `stalled ${formatCount(stalled)} (${stalledShare(progress)})`,
    `est ${formatCount(progress.established)}`,
    `unsent ${formatCount(progress.unsent)}`,
    ...(handshakeUs.count === 0
      ? []
      : [`p50/99 ${formatMicros(handshakeUs.p50)}/${formatMicros(handshakeUs.p99)}`]),
    ...(failed === 0 ? [] : [`failed ${formatCount(failed)}`]),
    `open ${formatCount(progress.open)}`,
  ];
}

function stalledShare({ started, stalled }: Progress): string {
  return formatShare(started === 0 ? 0 : stalled / started);
}

function formatTime({ draining, elapsedUs, fractionDone }: Progress, durationUs: number | undefined): string {
  if (draining) return 'draining';
  if (durationUs !== undefined)
    return `${formatDuration(wholeSeconds(Math.max(0, durationUs - elapsedUs)))} left`;
  const elapsed = formatDuration(wholeSeconds(elapsedUs));
  return fractionDone === undefined ? elapsed : `${Math.floor(fractionDone * 100)} % in ${elapsed}`;
}

function wholeSeconds(us: number): number {
  return Math.round(us / 1_000_000) * 1_000_000;
}
