import type { ArmSeen, Contrast, Difference, Observations, Symptom } from '../observations/types.ts';
import { listOutages } from '../outages.ts';

/** Enough different source ports that not all of them take one way of several, by the hash of their numbers. */
const MANY_PORTS = 16;

/** Uses of a port for the first time that tell whether it takes a use before. */
const FEWEST_FIRST = 20;

/** Of a band's stalls, how many may lie in seconds in which nearly everything failed. */
const MOST_AT_ONCE = 0.2;

/** What a clean arm to another port may differ in beside it, as ports are what the cause is about. */
export function NOT_OF_A_PORT(difference: Difference): boolean {
  return difference === 'port' || difference === 'close' || difference === 'ports';
}

/** An arm that differs in nothing but that, and was clean. */
export function cleanBut(
  { contrasts }: Symptom,
  what: Difference,
  { arms }: Observations,
  fits: (arm: ArmSeen) => boolean = () => true,
): Contrast | undefined {
  return contrasts.find(
    ({ arm: name, fared, differs }) =>
      fared === 'clean' &&
      differs.length === 1 &&
      differs[0] === what &&
      arms.some((arm) => arm.name === name && fits(arm)),
  );
}

/** Whether an arm comes from so many source ports that its fate is not that of a few 5-tuples. */
export function hasManyPorts({ arm: { source }, started }: ArmSeen): boolean {
  const range = source?.ports?.range;
  return started >= MANY_PORTS && (range === undefined || range.to - range.from + 1 >= MANY_PORTS);
}

/** Whether two arms may well come from the same source ports: what goes by their numbers then hits both. */
export function mayShareSourcePorts({ arm: a }: ArmSeen, { arm: b }: ArmSeen): boolean {
  const [one, other] = [a.source?.ports?.range, b.source?.ports?.range];
  if (one === undefined && other === undefined) return true;
  return one !== undefined && other !== undefined && one.from === other.from && one.to === other.to;
}

/** First uses of an arm's source ports that stalled hardly ever, though its ports stalled when they were used again. */
export function describeFirstUses({ arm: { summary, started, stalled } }: Symptom): string | undefined {
  const again = (summary.byReuseAge ?? []).reduce(
    (sum, { attempts, stalled: ill }) => ({ attempts: sum.attempts + attempts, ill: sum.ill + ill }),
    { attempts: 0, ill: 0 },
  );
  const first = { attempts: started - again.attempts, ill: Math.max(0, stalled - again.ill) };
  if (again.attempts === 0 || first.attempts < FEWEST_FIRST) return undefined;
  return first.ill / first.attempts <= (again.ill / again.attempts) * 0.1
    ? `${first.ill} of ${first.attempts} stalled whose source port had not been used before, against ${again.ill} of ${again.attempts} others`
    : undefined;
}

/**
 * Ages of source ports between which a sweep stalls, with an edge on either side. Pairs of one age are tried close to each other: what
 * was an outage would have hit first uses as well, or nearly all that was tried for a while.
 */
export function describeBand(symptom: Symptom, { findings }: Observations): string | undefined {
  const { arm, count } = symptom;
  const band = findings.find((finding) => finding.kind === 'reuse-band' && finding.arm === arm.name);
  if (band?.confidence !== 'high' || describeFirstUses(symptom) === undefined) return undefined;
  const inOutages = listOutages(arm.series.bySecond).reduce((sum, { stalled }) => sum + stalled, 0);
  return inOutages <= count * MOST_AT_ONCE ? band.text : undefined;
}

/** Arms to ports on which nothing listens that fared as the ill one did. */
export function describeClosedAlike({ contrasts }: Symptom, { arms }: Observations): string | undefined {
  const closed = contrasts.filter(
    ({ arm: name, fared }) =>
      fared === 'alike' &&
      arms.some(({ arm, name: other }) => other === name && arm.expect.kind === 'refused'),
  );
  return closed.length === 0
    ? undefined
    : `connections to ports on which nothing listens stalled as often (${closed.map(({ arm }) => arm).join(', ')})`;
}
