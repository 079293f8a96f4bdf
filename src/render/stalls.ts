import type { ArmSummary } from '../analysis/types.ts';
import { formatCount, formatPlural, formatShare } from './format.ts';
import { renderLabelled, renderTable } from './table.ts';

/** Beyond this number, outages are only counted. */
const NAMED_OUTAGES = 4;

/** Width of the bar of a group whose attempts all stalled. */
const BAR = 20;

/** When an arm's stalls began, which SYN was answered, outages, and reuse ages of source ports. */
export function renderStallTimeSeries(arm: ArmSummary, room: number): string[] {
  return [
    ...renderOnset(arm, room),
    ...renderSteps(arm, room),
    ...renderOutages(arm, room),
    ...renderReuse(arm, room),
  ];
}

function renderOnset({ onset }: ArmSummary, room: number): string[] {
  if (onset === undefined || onset.cleanStarts === 0) return [];
  const text = `first stall ${onset.afterSec} s after the first start, ${formatCount(onset.cleanStarts)} clean starts before`;
  return renderLabelled('onset', text, room);
}

function renderSteps({ stallSteps }: ArmSummary, room: number): string[] {
  if (stallSteps === undefined) return [];
  const steps = stallSteps.steps.map(({ atSec, count }) => `${formatCount(count)} at ${atSec} s`);
  const atSteps = steps.length === 0 ? [] : [`${steps.join(', ')} (when this host retransmits its SYN)`];
  const between = `${formatCount(stallSteps.between)} at other times`;
  return renderLabelled('answered', [...atSteps, between].join(', '), room);
}

function renderOutages({ outages }: ArmSummary, room: number): string[] {
  if (outages === undefined) return [];
  const { runs, periodSec } = outages;
  const named = runs.slice(0, NAMED_OUTAGES).map(({ fromSec, toSec }) => `${fromSec}-${toSec} s`);
  const rest = runs.length > named.length ? ` and ${formatCount(runs.length - named.length)} more` : '';
  const period = periodSec === null ? '' : `; one every ${periodSec} s (median)`;
  return renderLabelled(
    'outages',
    `${formatPlural(runs.length, 'run', 'runs')}: ${named.join(', ')}${rest}${period}`,
    room,
  );
}

/** Only if reused ports stalled: a table of zeros adds nothing to the count of stalls. */
function renderReuse({ byReuseAge = [] }: ArmSummary, room: number): string[] {
  if (byReuseAge.every(({ stalled }) => stalled === 0)) return [];
  const groups = groupAges(byReuseAge);
  const rows = groups.map(({ fromSec, attempts, stalled }) => [
    `${fromSec} s`,
    formatCount(attempts),
    formatCount(stalled),
    formatShare(attempts === 0 ? 0 : stalled / attempts),
    '#'.repeat(attempts === 0 ? 0 : Math.ceil((Math.min(stalled, attempts) / attempts) * BAR)),
  ]);
  const right = (title: string) => ({ title, align: 'right' }) as const;
  const columns = [right('reuse age from'), right('attempts'), right('stalled'), right('share')];
  return renderTable([...columns, { title: '', align: 'left', spare: 1 }], rows, room);
}

interface AgeGroup {
  readonly fromSec: number;
  attempts: number;
  stalled: number;
}

/** In steps of 1, 2 and 5 per decade: a dozen rows from milliseconds to minutes. */
function groupAges(ages: NonNullable<ArmSummary['byReuseAge']>): AgeGroup[] {
  const groups = new Map<number, AgeGroup>();
  for (const { ageSec, attempts, stalled } of ages) {
    const fromSec = roundDown(ageSec);
    const group = groups.get(fromSec) ?? { fromSec, attempts: 0, stalled: 0 };
    group.attempts += attempts;
    group.stalled += stalled;
    groups.set(fromSec, group);
  }
  return [...groups.values()].sort((a, b) => a.fromSec - b.fromSec);
}

function roundDown(sec: number): number {
  if (sec <= 0) return 0;
  const exponent = Math.floor(Math.log10(sec) + 1e-9);
  const decade = 10 ** exponent;
  const first = [5, 2, 1].find((figure) => sec >= figure * decade * (1 - 1e-9)) ?? 1;
  return Number((first * decade).toPrecision(1));
}
