import type { Contrast, Observations, Symptom } from '../observations/types.ts';
import { hasManyPorts, mayShareSourcePorts } from './clean-arms.ts';

/** What looks at a SYN treats the next one of its kind alike: so many that got through are no accident. */
const SPARED = 0.1;
const MOST_SPARED = 20;

/** One other kind of SYN may be clean for a reason of its own. */
const FEWEST_OTHERS = 2;

/** So many SYNs of the kind got through at once that it is not their kind. */
export function sparedTooMany({ count, of }: Symptom): boolean {
  return of - count >= Math.min(MOST_SPARED, Math.max(3, of * SPARED));
}

/** Arms that differ in their SYNs alone, and were clean. */
export function listUnlike({ contrasts }: Symptom): readonly Contrast[] {
  return contrasts.filter(
    ({ fared, differs }) =>
      fared === 'clean' &&
      differs.length === 1 &&
      (['client', 'mss', 'dscp'] as const).some((one) => one === differs[0]),
  );
}

/**
 * A few source ports may all take a way that is dead, by the hash of their numbers; and a rule may go by them. Neither tells an arm from
 * those that have the same ports, nor from those whose ports lie on both sides of its own.
 */
export function isByItsSyns({ arm }: Symptom, unlike: readonly Contrast[], { arms }: Observations): boolean {
  const others = arms.filter(({ name }) => unlike.some((one) => one.arm === name));
  if (!hasManyPorts(arm)) return false;
  if (others.some((other) => mayShareSourcePorts(arm, other))) return true;
  const own = arm.arm.source?.ports?.range;
  const ranges = others.filter(hasManyPorts).flatMap((other) => other.arm.source?.ports?.range ?? []);
  return (
    own !== undefined && ranges.some(({ to }) => to < own.from) && ranges.some(({ from }) => from > own.to)
  );
}

/** That all SYNs of a kind stall, and none of several others from the same address at the same time: nothing else tells them apart. */
export function describeUnlikeOthers(symptom: Symptom, seen: Observations): string | undefined {
  if (sparedTooMany(symptom)) return undefined;
  const others = listUnlike(symptom);
  return others.length >= FEWEST_OTHERS && isByItsSyns(symptom, others, seen)
    ? `${symptom.count} of ${symptom.of} stalled, and hardly any of arms ${others.map(({ arm }) => arm).join(', ')}, which differ in their SYNs alone`
    : undefined;
}
