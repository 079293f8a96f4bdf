import type { ExperimentState, ExperimentStep } from '../store/experiment-file.ts';
import { SIDES, type Side } from '../store/experiment-schema.ts';

/** What an experiment does to the world; the order of it all is here, and can be tested without any. */
export interface ExperimentActions {
  /**
   * Switches the firewall.
   * @throws EnvironmentError where the command fails
   */
  switchTo(step: ExperimentStep): Promise<void>;
  /** Waits for the switch to take effect; returns early if interrupted. */
  settle(): Promise<void>;
  /** @throws EnvironmentError where the setting is not what it should be */
  verify(step: ExperimentStep): Promise<void>;
  /**
   * Runs the scenario.
   * @param started called with the run's id before any load is sent
   * @returns whether it came to its end
   */
  run(step: ExperimentStep, started: (runId: string) => Promise<void>): Promise<boolean>;
  /** A run was cut short and does not count. */
  discard(runId: string, step: ExperimentStep): Promise<void>;
  /** Whether the run with this id finished, although the process was gone before it could record that. */
  isComplete(runId: string): Promise<boolean>;
  save(state: ExperimentState): Promise<void>;
  say(line: string): void;
  /** Whether a stop was requested. */
  interrupted(): boolean;
  now(): Date;
}

/**
 * Carries out the remaining steps of an experiment, and writes its state before and after each: killed at any moment,
 * it can be resumed by calling this with the state on disk.
 * @returns the resulting state; `endedAt` is set once every run is done
 */
export async function conductExperiment(
  begun: ExperimentState,
  acts: ExperimentActions,
): Promise<ExperimentState> {
  let state = begun;
  const change = async (index: number, changes: Partial<ExperimentStep>): Promise<void> => {
    const steps = state.steps.map((step, at) => (at === index ? { ...step, ...changes } : step));
    state = { ...state, steps };
    await acts.save(state);
  };

  const discard = async (index: number, runId: string): Promise<void> => {
    const step = state.steps[index]!;
    await acts.discard(runId, step);
    await change(index, { state: 'waiting', runId: null, cut: [...step.cut, runId] });
  };

  const settleAccounts = async (index: number): Promise<void> => {
    const { runId } = state.steps[index]!;
    if (runId === null) return;
    if (await acts.isComplete(runId)) await change(index, { state: 'done' });
    else await discard(index, runId);
  };

  const doStep = async (index: number): Promise<void> => {
    const step = state.steps[index]!;
    const where = `round ${step.round} of ${state.rounds}, ${describeSide(state, step.side)}`;
    acts.say(`${where}: switching`);
    await change(index, { state: 'switching' });
    await acts.switchTo(step);
    if (acts.interrupted()) return;
    if (state.settleUs > 0) {
      acts.say(`${where}: settling for ${state.settleUs / 1_000_000} s`);
      await change(index, { state: 'settling' });
      await acts.settle();
    }
    if (acts.interrupted()) return;
    if (state.verify !== null) {
      await change(index, { state: 'verifying' });
      await acts.verify(step);
    }
    if (acts.interrupted()) return;
    acts.say(`${where}: running`);
    const cameToItsEnd = await acts.run(step, (runId) => change(index, { state: 'running', runId }));
    const { runId } = state.steps[index]!;
    if (cameToItsEnd) await change(index, { state: 'done' });
    else if (runId !== null) await discard(index, runId);
  };

  const isDone = (index: number): boolean => state.steps[index]!.state === 'done';
  for (const index of state.steps.keys()) {
    if (isDone(index)) continue;
    await settleAccounts(index);
    if (!isDone(index) && !acts.interrupted()) await doStep(index);
    if (!isDone(index)) return state;
  }
  state = { ...state, endedAt: acts.now().toISOString() };
  await acts.save(state);
  return state;
}

/** `A (timer 1 s)`, or just `A` if its label adds nothing. */
export function describeSide({ sides, id }: ExperimentState, side: Side): string {
  const { label } = sides[side];
  return label === defaultLabel(id, side) ? side.toUpperCase() : `${side.toUpperCase()} (${label})`;
}

export function defaultLabel(id: string, side: Side): string {
  return `${id} ${side}`;
}

/** Runs that count, by side. */
export function finishedRuns({ steps }: ExperimentState): Record<Side, string[]> {
  const of = (wanted: Side): string[] =>
    steps.flatMap(({ side, state, runId }) =>
      side === wanted && state === 'done' && runId !== null ? [runId] : [],
    );
  const [a, b] = SIDES;
  return { a: of(a), b: of(b) };
}
