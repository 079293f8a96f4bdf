import { expect } from 'vitest';
import type { Summary } from '../../src/analysis/types.ts';
import { EXIT } from '../../src/errors.ts';

/** How sure a finding is to be: never more than `low` where this machine was too busy for the load. */
export function sureness(
  { verdict }: Summary,
  confidence: Summary['findings'][number]['confidence'],
): Summary['findings'][number]['confidence'] {
  return verdict.generatorLimited && confidence !== 'none' ? 'low' : confidence;
}

/**
 * Fails unless a run of an open loop or a sweep was judged so. Where this machine was too busy for the load there is no
 * verdict, and figures that say why not.
 *
 * @param code its exit code, where that is to fit
 */
export function expectVerdict(
  { verdict, latenessUs, arms, code }: Summary & { readonly code?: number | null },
  pass: boolean,
): void {
  if (verdict.generatorLimited) {
    const isLate = latenessUs.p99 > 100_000;
    const isShort = Object.values(arms).some(({ unsent, scheduled }) => unsent > scheduled / 100);
    expect({ isBusy: isLate || isShort, verdict }).toMatchObject({ isBusy: true, verdict: { pass: null } });
    if (code !== undefined) expect(code).toBe(EXIT.generatorLimited);
    return;
  }
  expect(verdict.pass).toBe(pass);
  if (code !== undefined) expect(code).toBe(pass ? EXIT.ok : EXIT.criteriaFailed);
}
