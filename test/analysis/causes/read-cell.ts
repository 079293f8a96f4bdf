import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ArmSeen, Observations } from '../../../src/analysis/observations/types.ts';
import { emptySecond } from '../../../src/analysis/tally.ts';

/** What a run in a real lab saw, as bench/confusion/fixture.mjs keeps it. */
export function readCell(name: string): Observations {
  const text = readFileSync(join(import.meta.dirname, 'cells', `${name}.jsonl`), 'utf8');
  const [rest, ...arms] = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  return { ...rest, arms: arms.map(readArm) };
}

function readArm(arm: ArmSeen & { series: { bySecond: [number, object][] } }): ArmSeen {
  const bySecond = new Map(
    arm.series.bySecond.map(([second, counts]) => [second, { ...emptySecond(), ...counts }]),
  );
  return { ...arm, series: { ...arm.series, bySecond } };
}

/** The same without some arms, as if they had not run. */
export function withoutArms(seen: Observations, names: readonly string[]): Observations {
  const { both } = seen;
  const kept = <T>(entries: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(entries).filter(([name]) => !names.includes(name)));
  return {
    ...seen,
    arms: seen.arms.filter(({ name }) => !names.includes(name)),
    findings: seen.findings.filter(({ arm }) => arm === undefined || !names.includes(arm)),
    both: both === undefined ? undefined : { ...both, series: kept(both.series) },
  };
}

/** The same without what was seen of the far side. */
export function withoutFar(seen: Observations): Observations {
  return { ...seen, both: undefined, far: undefined, nat: undefined };
}
