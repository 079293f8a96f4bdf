import { dispersionOf, LIKE_CHANCE } from '../observations/dispersion.ts';
import { joinArms } from '../observations/joint.ts';
import type { ArmSeen, Observations } from '../observations/types.ts';
import { wilsonInterval } from '../wilson.ts';
import { percent } from './judgements.ts';
import { FEWEST_STALLS } from './loss-account.ts';
import { perRun, perSymptom } from './per-symptom.ts';

/** So many of a hundred may have healed, as their first SYN was lost by accident. */
const HEALED = 0.03;

/** A smaller share may be anything; above the greater one too few got through to say that they did at once. */
const LEAST = 0.02;
const MOST_STALLED = 0.9;

/** Linux sends a SYN again after 1 and 3 s at the latest (RFC 6298): an attempt that waits for less shows nothing. */
const WAITS_US = 3_500_000;

/** Fewer where nothing can be held say nothing. */
const FEWEST_UNHELD = 5;

export interface ByFlow {
  readonly text: string;
  /** Also where no earlier connection can be held, and as often. */
  readonly isUnheldToo: boolean;
}

/**
 * That a connection gets through at once or never: no SYN that is sent again heals what its first one met, while others pass in the same
 * seconds, the same share in every arm. What drops as it is full, at a rate or by chance lets a SYN that is sent again pass as often
 * as any other; only what goes by addresses and ports does not.
 */
export const describeByFlow = perSymptom((symptom, seen): ByFlow | undefined => {
  if (symptom.kind !== 'stalled') return undefined;
  const { dispersion = Number.POSITIVE_INFINITY, ...all } = sumUpAll(seen);
  const share = all.stalled / Math.max(1, all.started);
  if (all.stalled < FEWEST_STALLS || all.healed > all.stalled * HEALED) return undefined;
  if (share < LEAST || share > MOST_STALLED) return undefined;
  if (dispersion > LIKE_CHANCE || !lies(share, symptom.arm)) return undefined;
  const unheld = listUnheld(seen).map((arms) => ({ arms, sum: sumUp(arms) }));
  const isUnheldToo =
    unheld.some(({ sum }) => sum.stalled >= FEWEST_UNHELD) &&
    unheld.every(({ sum }) => sum.started * share < FEWEST_UNHELD || lies(share, sum));
  const healed = all.healed === 0 ? 'none' : `only ${all.healed}`;
  const too = isUnheldToo
    ? `, also where nothing can be held (${nameArms(unheld.flatMap(({ arms }) => arms))})`
    : '';
  return {
    text: `${healed} of ${all.stalled} that stalled got through when the SYN was sent again, while ${percent(1 - share)} of all did at once, in the same seconds and in every arm alike${too}: which of them goes by addresses and ports`,
    isUnheldToo,
  };
});

interface Stalls {
  readonly started: number;
  readonly stalled: number;
  /** Of those, which got through when their SYN was sent again. */
  readonly healed: number;
}

/** Of attempts that waited for SYNs to be sent again. */
function sumUp(arms: readonly ArmSeen[]): Stalls {
  let [started, stalled, healed] = [0, 0, 0];
  for (const { arm, summary, ...seen } of arms) {
    if (arm.handshakeTimeoutUs < WAITS_US) continue;
    started += seen.started;
    stalled += seen.stalled;
    healed += Math.max(0, seen.stalled - (summary.outcomes['handshake-timeout'] ?? 0));
  }
  return { started, stalled, healed };
}

/** Arms that meet no earlier connection: to ports on which nothing listens; and from ports that rest and are reset, which no NAT changes. */
function listUnheld({ arms, nat }: Observations): (readonly ArmSeen[])[] {
  const closed = arms.filter(({ arm }) => arm.expect.kind === 'refused');
  const rested = arms.filter(({ arm, ports }) => ports === 'fresh' && arm.close === 'reset');
  return nat === 'preserved' ? [closed, rested] : [closed];
}

function nameArms(arms: readonly ArmSeen[]): string {
  const names = arms.map(({ name }) => name);
  return names.length <= 2
    ? names.join(', ')
    : `${names.slice(0, 2).join(', ')} and ${names.length - 2} more`;
}

/** The same of all arms together, and how unevenly they stalled over time; undefined where too few did. */
export const sumUpAll = perRun(({ arms }): Stalls & { readonly dispersion: number | undefined } => ({
  ...sumUp(arms),
  dispersion: disperse(arms),
}));

function disperse(arms: readonly ArmSeen[]): number | undefined {
  const joint = joinArms(arms);
  if (joint === undefined) return undefined;
  const seconds = joint.started.flatMap((started, second) =>
    started > 0 ? [{ started, ill: joint.bad[second] ?? 0 }] : [],
  );
  return dispersionOf(seconds);
}

/** Whether counts go with a share, by the 95 % interval and a tenth of it: arms take their ports in turn, which chance does not. */
function lies(
  share: number,
  { started, stalled }: { readonly started: number; readonly stalled: number },
): boolean {
  const [low, high] = wilsonInterval(Math.min(stalled, started), started);
  return low * 0.9 <= share && share <= high * 1.1;
}
