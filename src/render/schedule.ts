import type { ExperimentState, ExperimentStep } from '../store/experiment-file.ts';
import { formatDuration, formatPlural } from './format.ts';
import { wrapHanging } from './wrap.ts';

/** The planned and finished runs of an experiment. */
export function renderSchedule(
  { steps, sides, settleUs, verify, rounds, seed }: ExperimentState,
  width: number = Number.POSITIVE_INFINITY,
): string {
  const head = `${formatPlural(rounds, 'round', 'rounds')}, ${formatPlural(steps.length, 'run', 'runs')}, in the order of seed ${seed}`;
  const lines = steps.map(
    (step) => `  round ${step.round}  ${step.side.toUpperCase()}  ${formatState(step)}`,
  );
  const before = [
    'switch',
    ...(settleUs > 0 ? [`settle for ${formatDuration(settleUs)}`] : []),
    ...(verify === null ? [] : [`verify (${verify})`]),
  ];
  return [
    ...wrapHanging(head, width, 2),
    // A command is for copying, so it is never wrapped.
    `  A  ${sides.a.command}`,
    `  B  ${sides.b.command}`,
    ...wrapHanging(`before each run: ${before.join(', ')}`, width - 2, 2).map((line) => `  ${line}`),
    ...lines,
    '',
  ].join('\n');
}

function formatState({ state, runId }: ExperimentStep): string {
  if (state === 'done') return `done: ${runId}`;
  return state === 'waiting' ? 'to do' : 'interrupted: to repeat';
}
