import { isDeepStrictEqual } from 'node:util';
import type { ClientKnobs } from '../../client/types.ts';
import type { Outcome } from '../../outcome/outcome.ts';
import { describeKnobs } from '../../scenario/client.ts';
import type { Arm } from '../../scenario/types.ts';
import { chanceOfAtLeast } from '../binomial.ts';
import type { ArmSummary, Finding } from '../types.ts';
import type { Finder } from './finder.ts';

/** That chance made the two so unlike must be this unlikely, over all pairs of arms together. */
const LUCK = 0.001;

/** What no SYN shows by itself: it takes two of a connection, or of a tuple, to see it. */
const NOT_OF_ONE_SYN: readonly (keyof ClientKnobs)[] = ['isn', 'synWaitsUs'];

const NOT_ACCEPTED: readonly Outcome[] = ['handshake-refused', 'handshake-reset', 'handshake-unreachable'];

/** An arm, and one whose SYNs are those of its client without what differs. */
interface Pair {
  readonly arm: Arm;
  readonly plain: Arm;
}

export const synOptions: Finder = { inRun: ({ scenario, arms }) => findSynOptions(scenario.arms, arms) };

/** Arms that differ from another only in their SYNs, and in how many of their handshakes did not succeed promptly. */
export function findSynOptions(
  arms: readonly Arm[],
  summaries: Readonly<Record<string, ArmSummary>>,
): Finding[] {
  const pairs = arms.flatMap((arm) => pairOf(arm, arms));
  return pairs.flatMap((pair) => compare(pair, summaries, LUCK / pairs.length));
}

function pairOf(arm: Arm, arms: readonly Arm[]): Pair[] {
  const { client } = arm;
  if (client === undefined || Object.keys(ofSyn(client.knobs)).length === 0) return [];
  const plain = arms.find(
    (other) =>
      other.client?.profile === client.profile &&
      isDeepStrictEqual(other.client.knobs, beyondSyn(client.knobs)) &&
      isDeepStrictEqual(otherwise(other), otherwise(arm)),
  );
  return plain === undefined ? [] : [{ arm, plain }];
}

/** All of an arm but what tells it from the others. */
function otherwise({ name: _, client: __, source, ...rest }: Arm): unknown {
  return { ...rest, addresses: source?.addresses };
}

function ofSyn(knobs: ClientKnobs): Partial<ClientKnobs> {
  return keep(knobs, (key) => !NOT_OF_ONE_SYN.includes(key));
}

function beyondSyn(knobs: ClientKnobs): Partial<ClientKnobs> {
  return keep(knobs, (key) => NOT_OF_ONE_SYN.includes(key));
}

function keep(knobs: ClientKnobs, isKept: (key: keyof ClientKnobs) => boolean): Partial<ClientKnobs> {
  return Object.fromEntries(Object.entries(knobs).filter(([key]) => isKept(key as keyof ClientKnobs)));
}

function compare(
  { arm, plain }: Pair,
  summaries: Readonly<Record<string, ArmSummary>>,
  luck: number,
): Finding[] {
  const [changed, baseline] = [countOf(summaries[arm.name]), countOf(summaries[plain.name])];
  const [worse, better] =
    changed.count * baseline.started >= baseline.count * changed.started
      ? [changed, baseline]
      : [baseline, changed];
  const share = worse.started / (worse.started + better.started);
  if (!(chanceOfAtLeast(worse.count, worse.count + better.count, share) <= luck)) return [];
  const differs = describeKnobs(ofSyn(arm.client!.knobs)).join(', ');
  return [
    {
      kind: 'syn-options',
      arm: arm.name,
      confidence: better.count === 0 && worse.count * 2 > worse.started ? 'high' : 'medium',
      differs,
      ...changed,
      baseline: plain.name,
      baselineCount: baseline.count,
      baselineStarted: baseline.started,
      text: `SYNs of ${arm.client!.profile} with ${differs}: ${tell(changed)} stalled or were refused; without that (arm ${plain.name}) ${tell(baseline)}`,
    },
  ];
}

interface Count {
  /** Handshakes that stalled or were refused. */
  readonly count: number;
  readonly started: number;
}

function countOf(summary: ArmSummary | undefined): Count {
  if (summary === undefined) return { count: 0, started: 0 };
  const { started, stalled, outcomes } = summary;
  const refused = NOT_ACCEPTED.reduce((sum, outcome) => sum + (outcomes[outcome] ?? 0), 0);
  return { count: Math.min(started, stalled.count + refused), started };
}

function tell({ count, started }: Count): string {
  if (count === 0) return `none of ${started}`;
  return count === started ? `all ${started}` : `${count} of ${started}`;
}
