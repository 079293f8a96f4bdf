import type { Origin } from '../scenario/interpret.ts';
import type { ArmOutline, RunPlan } from '../session/types.ts';
import { formatDuration, formatMicros, formatPerSec, formatPlural } from './format.ts';
import { renderTable } from './table.ts';
import { wrapHanging } from './wrap.ts';

export type ShownPlan = Pick<RunPlan, 'arms' | 'durationUs' | 'engine' | 'workers'> &
  Partial<Pick<RunPlan, 'id' | 'fromUs' | 'capture'>>;

/** Limit on listed ranges: reserved ports and ports in use split a range. */
const SHOWN_RANGES = 3;

/** What a run is about to connect to, at what rate and for how long; shown before any load is sent. */
export function renderPlan(
  plan: ShownPlan,
  origins: readonly Origin[] = [],
  width: number = Number.POSITIVE_INFINITY,
): string {
  const left = { title: '', align: 'left' } as const;
  const rows = plan.arms.flatMap((arm) => [
    [arm.name, formatWay(arm) + formatAuth(arm) + formatClient(arm), formatLoad(arm)],
    ...(arm.from === undefined ? [] : [['', formatSources(arm.from), '']]),
    ...(arm.link === undefined ? [] : [['', formatLink(arm.link), '']]),
  ]);
  const what = plan.fromUs === undefined ? 'About to connect' : `Resuming ${plan.id}`;
  const by = `${plan.engine} engine, ${formatPlural(plan.workers, 'worker', 'workers')}`;
  const lines = renderTable(
    [left, { ...left, gives: 'words', least: Number.POSITIVE_INFINITY }, left],
    rows,
    width - 2,
  ).map((line) => `  ${line}`);
  const head = wrapHanging(`${what} ${formatLength(plan)} (${by}):`, width, 2);
  return `${[...head, ...lines, ...formatOrigins(origins, width), ...formatCapture(plan, width)].join('\n')}\n`;
}

function formatLength({ durationUs, fromUs = 0 }: ShownPlan): string {
  if (durationUs === undefined) return 'until every attempt is done';
  const restUs = durationUs - fromUs;
  return restUs > 0 ? `for ${formatDuration(restUs)}` : 'only to finish its summary, as its time is over';
}

/** Shows where to change an unexpected endpoint. */
function formatOrigins(origins: readonly Origin[], width: number): string[] {
  if (origins.length === 0) return [];
  const text = origins.map(({ key, value, from }) => `${key} ${value} from ${from}`).join('; ');
  return wrapHanging(text, width - 2, 2).map((line) => `  ${line}`);
}

/** Only if something is missing. */
function formatCapture({ capture }: ShownPlan, width: number): string[] {
  if (capture === undefined || capture.isOn) return [];
  const text = `the packets of stalled handshakes will not be recorded: ${capture.what} (${capture.mend}; --capture off hides this line)`;
  return wrapHanging(text, width - 2, 2).map((line) => `  ${line}`);
}

function formatWay({ via, endpoints, target }: ArmOutline): string {
  const to = endpoints.join(', ');
  switch (via) {
    case 'proxy':
      return `to proxy ${to} for ${target}`;
    case 'tunnel':
      return `through ${to} by CONNECT to ${target}`;
    case 'direct':
      return `to ${to} for ${target}`;
    case 'icmp':
      return `to ${to}, pings only`;
    case 'tcp':
      return `to ${to}, handshakes only`;
  }
}

/** Many addresses are counted instead of listed; ports are named, because other programs may need them. */
function formatSources({ addresses, ports }: NonNullable<ArmOutline['from']>): string {
  const [first, ...others] = addresses;
  const from =
    first === undefined
      ? 'from an address that the system chooses'
      : `from ${first}${others.length === 0 ? '' : ` and ${formatPlural(others.length, 'other', 'others')}`}`;
  if (ports === undefined) return `${from}, on ports that the system chooses`;
  const shown = ports.slice(0, SHOWN_RANGES).join(', ');
  const more = ports.length > SHOWN_RANGES ? ` and ${ports.length - SHOWN_RANGES} more ranges` : '';
  return `${from}, source ports ${shown}${more}`;
}

function formatLink({ interface: by, nextHops, mtu, emulates }: NonNullable<ArmOutline['link']>): string {
  return `${emulates ? 'emulating hosts with these addresses, ' : ''}by ${by} to ${nextHops.join(', ')}, MTU ${mtu}`;
}

function formatAuth({ auth, via }: ArmOutline): string {
  if (auth === undefined) return '';
  const scheme = { basic: 'Basic', negotiate: 'Negotiate' }[auth.scheme];
  const isObvious = (via === 'direct') === (auth.to === 'origin');
  return `, ${scheme} ${isObvious ? '' : `to the ${auth.to} `}${auth.mode === 'challenge' ? 'when challenged' : 'with the first request'}`;
}

function formatClient({ client }: ArmOutline): string {
  return client === undefined ? '' : `, as ${client}`;
}

function formatLoad(arm: ArmOutline): string {
  if (arm.browsers !== undefined) return formatPlural(arm.browsers, 'browser', 'browsers');
  const load = formatRate(arm);
  if (arm.sweep === undefined) return load;
  const { delays, shortestUs, longestUs, pairs } = arm.sweep;
  const between =
    delays === 1
      ? formatMicros(shortestUs)
      : `${formatPlural(delays, 'delay', 'delays')} from ${formatMicros(shortestUs)} to ${formatMicros(longestUs)}`;
  return `${load}: ${formatPlural(pairs, 'pair', 'pairs')} at ${delays === 1 ? '' : 'each of '}${between}`;
}

function formatRate({ peakPerSec, attempts }: ArmOutline): string {
  const total = attempts === undefined ? '' : formatPlural(attempts, 'attempt', 'attempts');
  if (peakPerSec !== undefined)
    return [`up to ${formatPerSec(peakPerSec)}`, total].filter(Boolean).join(', ');
  return total === '' ? 'as fast as possible' : total;
}
