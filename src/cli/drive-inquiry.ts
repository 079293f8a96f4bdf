import { DOES } from '../analysis/inquiry/choose.ts';
import { STAGES } from '../analysis/inquiry/types.ts';
import type { ExitCode } from '../errors.ts';
import { renderDiagnosisText } from '../render/diagnosis.ts';
import { loadAttempts } from '../scenario/load-shape.ts';
import type { Scenario } from '../scenario/types.ts';
import type { FinishedRun } from '../session/types.ts';
import type { Context } from './context.ts';
import { diagnoseFinished } from './diagnose-finished.ts';
import { driveRun, type SessionStarter } from './drive-run.ts';
import type { SharedRunOptions } from './flags/run-options.ts';
import { type Host, wantsColour } from './host.ts';

/** Runs a scenario that chooses its arms, and says its diagnosis in full at the end. */
export async function driveInquiry(
  context: Context,
  scenario: Scenario,
  options: SharedRunOptions & { readonly resume?: boolean },
  instead?: SessionStarter['instead'],
): Promise<ExitCode> {
  if (options.dryRun === true) context.host.stdout.write(describePossible(scenario));
  return driveRun(context, scenario, options, {
    start: context.services.startSession,
    closing: (finished) => sayDiagnosis(context.host, finished),
    headOnly: true,
    ...(instead === undefined ? {} : { instead }),
  });
}

/** What it may do: its first arms follow from the plan, all others from what is seen. */
function describePossible({ arms }: Scenario): string {
  const most = arms.reduce((sum, { load }) => sum + (loadAttempts(load) ?? 0), 0);
  const list = STAGES.map((id) => `  - ${DOES[id]}`).join('\n');
  return `It chooses its arms from what it sees, of these, with ${Math.round(most)} attempts in all at most:\n${list}\n\n`;
}

async function sayDiagnosis(host: Host, finished: FinishedRun): Promise<string> {
  const look = { colour: wantsColour(host, host.stdout), width: host.stdout.columns };
  const { run, diagnosis } = await diagnoseFinished(finished);
  const figures = `Figures of each arm: rushhour results show ${run.id}\n`;
  return diagnosis === undefined
    ? `\n${figures}`
    : `\n${renderDiagnosisText(run, diagnosis, look)}\n${figures}`;
}
