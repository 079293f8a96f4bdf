import type { ArmOutline, RunPlan } from '../run/types.ts';
import { formatDuration, formatPerSec, formatPlural } from './format.ts';
import { renderTable } from './table.ts';

export type ShownPlan = Pick<RunPlan, 'arms' | 'durationUs' | 'engine' | 'workers'>;

/** What is about to be connected to, at what rate and for how long: shown before any load is sent. */
export function renderPlan(plan: ShownPlan): string {
  const left = { title: '', align: 'left' } as const;
  const rows = plan.arms.map((arm) => [arm.name, wordWay(arm), wordLoad(arm)]);
  const length =
    plan.durationUs === undefined ? 'until every attempt is done' : `for ${formatDuration(plan.durationUs)}`;
  const by = `${plan.engine} engine, ${formatPlural(plan.workers, 'worker', 'workers')}`;
  return `${[`About to connect ${length} (${by}):`, ...renderTable([left, left, left], rows).map((line) => `  ${line}`)].join('\n')}\n`;
}

function wordWay({ via, endpoints, target }: ArmOutline): string {
  const to = endpoints.join(', ');
  switch (via) {
    case 'proxy':
      return `to proxy ${to} for ${target}`;
    case 'direct':
      return `to ${to} for ${target}`;
    case 'tcp':
      return `to ${to}, connecting only`;
  }
}

function wordLoad({ peakPerSec, attempts }: ArmOutline): string {
  const total = attempts === undefined ? '' : formatPlural(attempts, 'attempt', 'attempts');
  if (peakPerSec !== undefined)
    return [`up to ${formatPerSec(peakPerSec)}`, total].filter(Boolean).join(', ');
  return total === '' ? 'as fast as it goes' : total;
}
