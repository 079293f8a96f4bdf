import { escapeControls } from '../../render/escape.ts';
import { formatCount, formatDuration, formatPerSec, formatPlural, formatShare } from '../../render/format.ts';
import type { LiveProbe } from './live-run.ts';

/** Probes that have a line of their own: those with the most stalls. */
const MOST_LINES = 10;
/** Of those that are waited for, so many are named. */
const MOST_AWAITED = 3;
/** A probe sends every second what it recorded: of one from which nothing came for so long, nobody knows what it does. */
const QUIET_SEC = 10;

/**
 * Where a run stands: a line of all probes, which also names those with stalls, and lines of the probes with the most.
 * @param startsAtMs second 0; 0: not known. Milliseconds since 1970, as is `nowMs`
 * @param width columns; a line is shorter
 */
export function formatLive(
  probes: readonly LiveProbe[],
  startsAtMs: number,
  nowMs: number,
  width: number,
): string[] {
  const worst = [...probes].sort((a, b) => b.sums.stalled - a.sums.stalled).slice(0, MOST_LINES);
  const left = probes.length - worst.length;
  return [
    formatAll(probes, startsAtMs, nowMs),
    ...worst.map(formatOne),
    ...(left > 0 ? [`  and ${formatPlural(left, 'more probe', 'more probes')}`] : []),
  ].map((line) => escapeControls(line).slice(0, width - 1));
}

function formatAll(probes: readonly LiveProbe[], startsAtMs: number, nowMs: number): string {
  const [before, number] = [startsAtMs - nowMs, probes.length];
  if (before > 0) {
    const ready = probes.filter((probe) => stateOf(probe) === 'accepted').length;
    return `starts in ${formatDuration(Math.ceil(before / 1_000) * 1_000_000)} | ${ready} of ${number} probes accepted`;
  }
  const sending = probes.filter((probe) => stateOf(probe) === 'sending');
  const sum = (key: keyof LiveProbe['sums']): number =>
    probes.reduce((total, { sums }) => total + sums[key], 0);
  const awaited = sending.length === 0 ? describeAwaited(probes) : '';
  const ill = probes.filter(({ sums }) => sums.stalled > 0).length;
  return [
    `${sending.length} of ${number} probes sending`,
    formatPerSec(sending.reduce((total, { startedPerSec }) => total + startedPerSec, 0)),
    `${formatCount(sum('established'))} established`,
    formatStalled(sum('stalled'), sum('started')),
    ...(ill > 0 ? [`stalls at ${formatPlural(ill, 'probe', 'probes')}`] : []),
    ...(awaited === '' ? [] : [`waiting for ${awaited}`]),
  ].join(' | ');
}

/** Who is waited for, and why; empty: nobody. */
export function describeAwaited(probes: readonly LiveProbe[]): string {
  const awaited = probes.filter(({ isOver }) => isOver === false);
  const more = awaited.length - MOST_AWAITED;
  const named = awaited.slice(0, MOST_AWAITED).map((probe) => {
    const hasEnded = probe.part.events.at(-1)?.kind === 'ended' && probe.part.isRevoked !== true;
    return `${probe.part.probe} (${hasEnded ? 'the rest of its folder' : stateOf(probe)})`;
  });
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function formatOne(probe: LiveProbe): string {
  const { part, second, startedPerSec, sums } = probe;
  const state = stateOf(probe);
  return [
    `  ${part.probe} ${state}`,
    ...(second < 0
      ? []
      : [
          ...(state === 'sending' ? [formatPerSec(startedPerSec)] : []),
          `${formatCount(sums.started)} started`,
          formatStalled(sums.stalled, sums.started),
          `until second ${second}`,
        ]),
  ].join(' | ');
}

/** What it told last, and whether anything came since. */
function stateOf({ part: { events, isRevoked }, quietSec }: LiveProbe): string {
  if (isRevoked) return 'revoked';
  const last = events.at(-1);
  if (last === undefined) return 'has not answered';
  if (last.kind === 'started' && quietSec >= QUIET_SEC)
    return `no word for ${formatDuration(Math.floor(quietSec) * 1_000_000)}`;
  if (last.kind === 'started') return 'sending';
  return last.kind === 'ended' ? last.status : last.kind;
}

function formatStalled(stalled: number, started: number): string {
  return `${formatCount(stalled)} stalled (${formatShare(started === 0 ? 0 : stalled / started)})`;
}
