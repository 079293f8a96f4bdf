import type { Finding, Summary } from '../../src/analysis/types.ts';
import { makeWorkplace } from '../e2e/rushhour.ts';

/** Runs a scenario in a lab of its own, as a user would but without its look, and gives the summary. Several may run side by side. */
export async function measureIn(
  preset: string,
  scenario: string,
  ...args: readonly string[]
): Promise<Summary> {
  const place = makeWorkplace();
  try {
    return await place.measure(['lab', 'run', preset, scenario, '--no-look', ...args]);
  } finally {
    await place.clean();
  }
}

/** The one finding of a kind, of the arm where one is named; fails with what there was instead. */
export function findingOf(
  { findings }: Summary,
  kind: string,
  arm?: string,
): Finding & Record<string, number> {
  const found = findings.filter((finding) => finding.kind === kind && finding.arm === (arm ?? finding.arm));
  if (found.length !== 1)
    throw new Error(`${found.length} findings of ${kind} in ${JSON.stringify(findings)}`);
  return found[0] as Finding & Record<string, number>;
}

/** How far a figure is from what it should be, as a share of that. */
export function deviation(measured: number | undefined, expected: number): number {
  return Math.abs((measured ?? Number.NaN) - expected) / expected;
}
