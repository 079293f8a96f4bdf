import type { Finding, Summary } from '../../src/analysis/types.ts';
import { chooseEndpoints } from '../../src/cli/flags/lab-endpoints.ts';
import { removeLab } from '../../src/lab/down.ts';
import { fillFacts } from '../../src/lab/enter.ts';
import { Lab } from '../../src/lab/lab.ts';
import { readPreset } from '../../src/lab/presets/index.ts';
import { bringUp } from '../../src/lab/up.ts';
import { makeWorkplace } from '../e2e/rushhour.ts';

/**
 * Runs a scenario in a lab of its own, without its look, and gives the summary. Several may run side by side. As
 * `rushhour lab run` does it, but that this process is the lab's owner: another takes a second of a processor to start. Nor
 * does a run capture packets, which no test here looks at: the thread that does takes half a second to start.
 */
export async function measureIn(
  preset: string,
  scenario: string,
  ...args: readonly string[]
): Promise<Summary> {
  const place = makeWorkplace();
  const configured = readPreset(preset);
  const flags = fillFacts(args, configured.clients);
  const endpoints = await chooseEndpoints(scenario, flags, place.dir, configured.natPorts);
  for (const [name, values] of Object.entries(endpoints))
    for (const value of [values].flat()) flags.push(`--${name}`, value);
  const file = await bringUp(configured, { lifetime: 'with-owner' });
  try {
    const run = ['run', scenario, '--no-look', '--capture', 'off', ...flags];
    return await place.measure(run, new Lab(file).client.enter([]));
  } finally {
    await removeLab(file);
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
