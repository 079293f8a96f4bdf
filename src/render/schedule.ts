import type { ExperimentState, ExperimentStep } from '../store/experiment-file.ts';
import { formatDuration, formatPlural } from './format.ts';

/** What an experiment is going to do, and has done. */
export function renderSchedule({ steps, sides, settleUs, verify, rounds, seed }: ExperimentState): string {
  const head = `${formatPlural(rounds, 'round', 'rounds')}, ${formatPlural(steps.length, 'run', 'runs')}, in the order of seed ${seed}`;
  const lines = steps.map((step) => `  round ${step.round}  ${step.side.toUpperCase()}  ${wordState(step)}`);
  const before = [
    'switch',
    ...(settleUs > 0 ? [`settle for ${formatDuration(settleUs)}`] : []),
    ...(verify === null ? [] : [`verify (${verify})`]),
  ];
  return [
    head,
    `  A  ${sides.a.command}`,
    `  B  ${sides.b.command}`,
    `  before each run: ${before.join(', ')}`,
    ...lines,
    '',
  ].join('\n');
}

function wordState({ state, runId }: ExperimentStep): string {
  if (state === 'done') return `done: ${runId}`;
  return state === 'waiting' ? 'to do' : 'cut short: to do again';
}
