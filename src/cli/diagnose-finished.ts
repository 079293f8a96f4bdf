import type { Diagnosis } from '../analysis/causes/diagnosis.ts';
import { diagnoseRun } from '../read/diagnosis.ts';
import { renderDiagnosisMarkdown } from '../render/diagnosis-markdown.ts';
import type { FinishedRun, Summary } from '../session/types.ts';

/** From the records, which may know more than the run did: what the firewall said, and the far side. */
export function diagnoseFinished({
  plan,
  summary,
}: FinishedRun): Promise<{ readonly run: Summary['run']; readonly diagnosis?: Diagnosis | undefined }> {
  return diagnoseRun(plan.dir).catch(() => ({ run: summary.run, diagnosis: summary.diagnosis }));
}

/** The diagnosis of a run for a ticket. */
export async function sayInMarkdown(finished: FinishedRun): Promise<string> {
  const { run, diagnosis } = await diagnoseFinished(finished);
  return diagnosis === undefined
    ? `No verdict: nothing was recorded. Run \`${run.id}\`.\n`
    : renderDiagnosisMarkdown(run, diagnosis);
}
