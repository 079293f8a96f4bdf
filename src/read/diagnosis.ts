import { diagnose } from '../analysis/causes/diagnose.ts';
import type { Diagnosis } from '../analysis/causes/diagnosis.ts';
import { observe } from '../analysis/observations/observe.ts';
import type { Summary } from '../analysis/types.ts';
import { readFar } from '../store/far-files.ts';
import { readNotes } from '../store/notes.ts';
import { readRunInfo } from '../store/read-info.ts';
import { sumFolder, summariseSums } from './summary.ts';

/** What a run says of why, from all that its folder holds by now: what its far side saw may have been joined after it ended. */
export interface DiagnosedRun {
  readonly run: Summary['run'];
  readonly diagnosis: Diagnosis;
}

/**
 * Diagnoses a run from its records, whatever version recorded it.
 * @throws UsageError where the folder holds no run
 */
export async function diagnoseRun(dir: string): Promise<DiagnosedRun> {
  const info = await readRunInfo(dir);
  const sums = await sumFolder(dir, info);
  const summary = await summariseSums(dir, info, sums);
  const [far, { label }] = await Promise.all([readFar(dir), readNotes(dir)]);
  const { scenario, nat } = info;
  const seen = observe({
    ...{ scenario, tally: sums.tally, summary, nat: nat?.ports },
    both: far.kind === 'whole' ? far.value : undefined,
  });
  const { run } = summary;
  return { run: label === undefined ? run : { ...run, label }, diagnosis: diagnose(seen) };
}
