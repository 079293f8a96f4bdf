import { readFile } from 'node:fs/promises';
import { UsageError } from '../../errors.ts';
import { findScenarioFiles, scenarioDirs, scenarioName } from '../../scenario/find.ts';
import { parseScenario } from '../../scenario/load.ts';
import type { Scenario } from '../../scenario/types.ts';
import { stretchToSoak } from '../../session/schedule.ts';
import type { RunOrder, SoakOrder } from '../messages.ts';
import { digestOf } from '../outbox/folder.ts';
import { judge } from '../policy/judge.ts';
import type { Policy } from '../policy/schema.ts';
import { codeOf } from './lack.ts';

export type PlannedRun =
  | {
      readonly accepted: true;
      /** As it is written: a soak stretches it. */
      readonly scenario: Scenario;
      readonly attempts: number;
      /** From second 0 to the end of the load; microseconds. */
      readonly forUs: number;
    }
  | { readonly accepted: false; readonly reasons: readonly string[] };

/** What of an order is judged. */
export type PlannedOrder = Pick<RunOrder, 'scenario' | 'startsAtMs' | 'expiresAtMs'> & {
  readonly soak?: Pick<SoakOrder, 'forUs'> | undefined;
};

/**
 * Reads what an order asks for, and judges it by the policy of this probe. Throws for faults of the program alone: who ordered it waits for an answer.
 * @param hasBegun a process before this one began it
 */
export async function planRun(
  order: PlannedOrder,
  policy: Policy,
  nowMs: number,
  hasBegun = false,
): Promise<PlannedRun> {
  if (nowMs > order.expiresAtMs && !hasBegun) {
    return { accepted: false, reasons: ['it arrived too late, by the clock of the probe'] };
  }
  const { name, text, overrides } = order.scenario;
  try {
    const scenario = parseScenario(text, name, overrides);
    const digest = digestOf(text);
    const { soak, startsAtMs } = order;
    if (soak !== undefined && scenario.adaptive !== undefined)
      return { accepted: false, reasons: ['it chooses its arms from what it has just seen: it cannot soak'] };
    const whole = soak === undefined ? scenario : stretchToSoak(scenario, soak.forUs);
    const run = { scenario: whole, digest, sameAs: await namesOf(digest, policy), startsAtMs };
    const judgement = judge(policy, run, nowMs);
    if (!judgement.accepted) return { accepted: false, reasons: judgement.refusals };
    // Left open, a capture is made wherever it can be.
    const played: Scenario = policy.capture === true ? scenario : { ...scenario, capture: 'off' };
    const { attempts, forUs } = judgement;
    return { accepted: true, scenario: played, attempts, forUs };
  } catch (error) {
    if (error instanceof UsageError) return { accepted: false, reasons: [inOneLine(error.message)] };
    return { accepted: false, reasons: [`the probe cannot judge it for now (${codeOf(error)})`] };
  }
}

/** A reason is a line; mistakes of a scenario have one each. */
export function inOneLine(message: string): string {
  return message.replace(/:?\s*\n\s*/g, (between) => (between.startsWith(':') ? ': ' : '; '));
}

/** Of the scenarios that a policy names, those of this installation that have just this text. */
async function namesOf(digest: string, { scenarios = [] }: Policy): Promise<string[]> {
  const named = scenarios.flatMap((rule) => (rule.kind === 'name' ? [rule.name] : []));
  if (named.length === 0) return [];
  // Not those of the folder that the probe was started in: only what is installed is meant by a name.
  const files = await findScenarioFiles(scenarioDirs('/nonexistent'));
  const same: string[] = [];
  // One after the other: many probes of one process, or a policy with many names, would have too many files open.
  for (const file of files.filter((each) => named.includes(scenarioName(each))))
    if (digestOf(await readFile(file, 'utf8')) === digest) same.push(scenarioName(file));
  return same;
}
