import { diagnose } from '../analysis/causes/diagnose.ts';
import type { Diagnosis } from '../analysis/causes/diagnosis.ts';
import { observe } from '../analysis/observations/observe.ts';
import type { Observations } from '../analysis/observations/types.ts';
import type { Summary } from '../analysis/types.ts';
import { readFar } from '../store/far-files.ts';
import { readNotes } from '../store/notes.ts';
import { readRunInfo } from '../store/read-info.ts';
import { readBeside } from './beside.ts';
import { diagnoseNight } from './night.ts';
import { sumFolder, summariseWhole } from './summary.ts';

/** What a run says of why, from all that its folder holds by now: what its far side saw may have been joined after it ended. */
export interface DiagnosedRun {
  readonly run: Summary['run'];
  readonly diagnosis: Diagnosis;
}

/** Whose records count: of this machine alone, or what was recorded of the far side as well. */
export type Sides = 'near' | 'both';

/**
 * Diagnoses a run from its records, whatever version recorded it.
 * @throws UsageError where the folder holds no run
 */
export async function diagnoseRun(dir: string): Promise<DiagnosedRun> {
  const { run, seen, info, sums, arms } = await readAll(dir, 'both');
  const whole = diagnose(seen);
  return { run, diagnosis: (await diagnoseNight(dir, info, sums, { run, arms, diagnosis: whole })) ?? whole };
}

/**
 * What a run saw, as causes are weighed by it.
 * @throws UsageError where the folder holds no run
 */
export async function observeRun(
  dir: string,
  sides: Sides = 'both',
): Promise<{ readonly run: Summary['run']; readonly seen: Observations }> {
  const { run, seen } = await readAll(dir, sides);
  return { run, seen };
}

async function readAll(dir: string, sides: Sides) {
  const info = await readRunInfo(dir);
  const sums = await sumFolder(dir, info);
  const whole = await summariseWhole(dir, info, sums);
  const { farCounters, ...near } = { ...whole, ...(await readBeside(dir)) };
  const [far, { label }] = await Promise.all([readFar(dir), readNotes(dir)]);
  const { scenario, nat, inquiry } = info;
  const isBoth = sides === 'both';
  const seen = observe({
    ...{ scenario, tally: sums.tally, nat: nat?.ports, untried: inquiry?.untried },
    summary: isBoth && farCounters !== undefined ? { ...near, farCounters } : near,
    both: isBoth && far.kind === 'whole' ? far.value : undefined,
  });
  const { run } = near;
  return {
    ...{ run: label === undefined ? run : { ...run, label }, seen },
    ...{ info, sums, arms: near.arms },
  };
}
