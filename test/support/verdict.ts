import { expect } from 'vitest';
import type { Summary } from '../../src/analysis/types.ts';
import { EXIT } from '../../src/errors.ts';
import { groupOfOutcome, type Outcome } from '../../src/outcome/outcome.ts';

/** What a test claims of a criterion: `if-all-sent` holds where this machine could start all that was due. */
export type Claim = boolean | 'if-all-sent';

/** How sure a finding is to be: never more than `low` where this machine was too busy for the load. */
export function sureness(
  summary: Summary,
  confidence: Summary['findings'][number]['confidence'],
): Summary['findings'][number]['confidence'] {
  return wasTooBusy(summary) && confidence !== 'none' ? 'low' : confidence;
}

/**
 * Fails unless the counts of a finished run add up, its criteria came out as claimed, and its verdict and exit code follow
 * from them. Criteria are judged by counts, so they must come out so on a busy machine, too: there only the verdict is
 * missing, and figures have to say why.
 *
 * @param claims by the text of each criterion; without any there is no verdict
 */
export function expectVerdict(
  summary: Summary & { readonly code?: number | null },
  claims: Readonly<Record<string, Claim>>,
): void {
  expectCountsToAddUp(summary);
  const { verdict, code } = summary;
  const isBusy = wasTooBusy(summary);
  const isAllSent = Object.values(summary.arms).every(({ unsent }) => unsent === 0);
  const claimed = Object.entries(claims).map(([text, claim]) => ({
    ...{ text, held: claim === 'if-all-sent' ? isAllSent || !isBusy : claim },
  }));
  expect(verdict.criteria.map(({ text, held }) => ({ text, held }))).toEqual(claimed);
  const judged = claimed.length === 0 ? null : claimed.every(({ held }) => held);
  expect(verdict.pass).toBe(isBusy ? null : judged);
  if (code !== undefined) expect(code).toBe(exitCodeOf(isBusy, judged));
}

/** Every attempt that was due has one outcome, and was either started or not. */
export function expectCountsToAddUp({ arms }: Summary): void {
  for (const [name, { scheduled, started, unsent, outcomes }] of Object.entries(arms)) {
    const counts = Object.entries(outcomes) as [Outcome, number][];
    const notStarted = counts.filter(([outcome]) => groupOfOutcome(outcome) === 'unsent');
    expect({ name, scheduled, unsent, all: sum(counts) }).toEqual({
      ...{ name, scheduled: started + unsent, unsent: sum(notStarted), all: scheduled },
    });
  }
}

/** Whether there is no verdict, as this machine was too busy for the load; fails if no figure shows that it was. */
export function wasTooBusy({ verdict, latenessUs, arms }: Summary): boolean {
  if (verdict.generatorLimited) {
    const isLate = latenessUs.p99 > 100_000;
    const isShort = Object.values(arms).some(({ unsent, scheduled }) => unsent > scheduled / 100);
    expect({ isLate, isShort, reasons: verdict.reasons }).toSatisfy(() => isLate || isShort);
  }
  return verdict.generatorLimited;
}

function exitCodeOf(isBusy: boolean, judged: boolean | null): number {
  if (isBusy) return EXIT.generatorLimited;
  return judged === false ? EXIT.criteriaFailed : EXIT.ok;
}

function sum(counts: readonly (readonly [string, number])[]): number {
  return counts.reduce((total, [, count]) => total + count, 0);
}
