import { percent, shareInGaps } from '../causes/judgements.ts';
import { isEndedByTimer } from '../causes/own-clock.ts';
import { isFilled } from '../causes/room.ts';
import { type WeighedSymptom, weighSymptoms } from '../causes/weigh.ts';
import type { ArmSeen, Observations } from '../observations/types.ts';
import type { Kit } from './arms.ts';
import { BUILDERS } from './stages.ts';
import { type Choice, type Position, type Seen, STAGES, type StageId } from './types.ts';

/** A choice, and what would have been chosen but cannot be done here. */
export type Chosen = Choice & {
  readonly untried: readonly { readonly id: StageId; readonly needs: string }[];
};

/** Causes that a stage can confirm or exclude. */
const TELLS: Readonly<Record<StageId, readonly string[]>> = {
  baseline: [],
  breadth: ['nat-ports', 'open-limit', 'state-table-full', 'window-limit', 'idle-forgotten'],
  together: [
    ...[
      'loss',
      'early-reuse',
      'held-by-firewall',
      'accept-queue',
      'outage',
      'bad-endpoint',
      'client-identity',
    ],
    ...[
      'syn-flood-defence',
      'reset-injected',
      'service-down',
      'reject-by-policy',
      'fixed-wait',
      'nat-nearly-full',
    ],
  ],
  steps: ['rate-limit', 'loss', 'early-reuse', 'held-by-firewall', 'nat-ports', 'syn-flood-defence'],
  cycle: ['open-limit', 'nat-ports', 'window-limit', 'state-table-full', 'syn-flood-defence', 'outage'],
  ages: ['early-reuse', 'held-by-firewall'],
  packets: ['mtu-black-hole', 'dscp-policer', 'loss-after-handshake', 'client-identity'],
  clients: ['client-identity'],
  idle: ['idle-forgotten', 'age-limit', 'far-gone'],
};

/** What a stage does, after "to tell … apart:". */
export const DOES: Readonly<Record<StageId, string>> = {
  baseline: 'a baseline beside ports on which nothing listens',
  breadth: 'ports used again, connections held, other packets, another source, idle connections',
  together: 'more of the same beside ports used again, an RST close and another source',
  steps: 'a rate below what got through and two above it, beside connections that are held',
  cycle: 'connections held, filled several times at two rates',
  ages: 'the ages of a source port at which it stalls',
  packets: 'long requests, with a smaller MSS, another DSCP, and both',
  clients: 'SYNs of other clients, with ECN, with Fast Open, without timestamps',
  idle: 'idle connections, each asked once at one of several ages',
};

/**
 * What to do next: the arms that would tell most of the causes that remain apart, or why there are none.
 * @param seen what the run has shown so far; undefined before its first arm
 */
export function choose(means: Kit, { done, leftSec }: Position, seen: Observations | undefined): Chosen {
  const kit = withoutSilentPorts(means, seen);
  const weighed = seen === undefined ? [] : weighSymptoms(seen);
  const measured = { ...measure(seen, weighed), leftSec };
  const untried: { id: StageId; needs: string }[] = [];
  const attempt = (id: StageId, why: string): Choice | undefined => {
    if (done.includes(id)) return undefined;
    const built = BUILDERS[id](kit, measured);
    if ('arms' in built) return { stage: { id, why, arms: built.arms } };
    untried.push({ id, needs: built.needs });
    return undefined;
  };
  const stop = (text: string): Chosen => ({ stop: text, untried });

  if (leftSec < 8 && seen !== undefined) return stop('the time for it is over');
  if (kit.spec.isExhaustive) {
    for (const id of STAGES) {
      const choice = attempt(id, `every arm is run: ${DOES[id]}`);
      if (choice !== undefined) return { ...choice, untried };
    }
    return stop('every arm was run');
  }
  if (seen === undefined) return { ...attempt('baseline', DOES.baseline)!, untried };
  if (seen.generatorLimited) {
    // A moment of a busy machine weighs less the longer it lasts.
    const choice = attempt(
      'breadth',
      `this machine was late, which says nothing of the firewall; more of it: ${DOES.breadth}`,
    );
    return choice === undefined ? stop('this machine was the bottleneck') : { ...choice, untried };
  }
  if (weighed.length === 0) {
    const choice =
      attempt('breadth', `nothing was ill so far; what a baseline does not show: ${DOES.breadth}`) ??
      attempt('clients', `nothing was ill so far; what this machine does not send: ${DOES.clients}`);
    return choice === undefined ? stop('nothing was ill') : { ...choice, untried };
  }
  const named = new Set(weighed.flatMap((one) => one.named?.cause.id ?? []));
  const open = weighed.filter((one) => !one.possible.some(({ cause }) => named.has(cause.id)));
  if (open.length === 0) return stop('one cause is left');
  for (const symptom of open) {
    const rivals = new Set(symptom.possible.map(({ cause }) => cause.id));
    for (const id of order(symptom, seen)) {
      if (!TELLS[id].some((cause) => rivals.has(cause))) continue;
      const choice = attempt(id, sayWhy(symptom, id));
      if (choice !== undefined) return { ...choice, untried };
    }
  }
  return stop(
    untried.length === 0
      ? 'no further arm would tell the causes that remain apart'
      : 'what would tell the causes that remain apart cannot be done here, or not in the time that is left',
  );
}

/** What a rule drops is no control. */
function withoutSilentPorts(kit: Kit, seen: Observations | undefined): Kit {
  const silent = new Set(seen?.silentControls ?? []);
  if (silent.size === 0) return kit;
  const closedPorts = kit.spec.closedPorts.filter((port) => !silent.has(port));
  return { ...kit, spec: { ...kit.spec, closedPorts } };
}

/** Which stage says most of a symptom of that kind and shape; the first that can be done is taken. */
function order({ symptom, possible }: WeighedSymptom, seen: Observations): readonly StageId[] {
  const { arms } = seen;
  switch (symptom.kind) {
    case 'late':
      return ['packets', 'together'];
    case 'cut':
      return ['idle'];
    case 'refused':
      return ['together', 'breadth', 'cycle', 'steps'];
    case 'stalled':
      break;
    default:
      return ['together'];
  }
  if (isEndedByTimer(symptom, seen)) return ['steps', 'cycle', 'together', 'breadth', 'clients'];
  if (arms.some(isFilled)) return ['cycle', 'steps', 'together', 'ages', 'clients'];
  const isScattered = shareInGaps(symptom) < 0.5;
  const isOfUsedPorts =
    symptom.arm.ports === 'used' &&
    symptom.contrasts.some(({ fared, differs }) => fared === 'clean' && !differs.includes('port'));
  const [first] = possible;
  if (isOfUsedPorts) return ['ages', 'together', 'breadth', 'steps', 'clients'];
  if (isScattered && symptom.count < symptom.of * 0.1)
    return first?.cause.id === 'rate-limit'
      ? ['steps', 'together', 'breadth', 'clients']
      : ['together', 'breadth', 'steps', 'ages', 'clients'];
  return isScattered
    ? ['steps', 'together', 'breadth', 'cycle', 'ages', 'clients']
    : ['breadth', 'cycle', 'steps', 'together', 'ages', 'clients'];
}

/** What the next arms are measured by. */
function measure(seen: Observations | undefined, weighed: readonly WeighedSymptom[]): Omit<Seen, 'leftSec'> {
  if (seen === undefined) return {};
  const filled = seen.arms.filter(isFilled).map(({ held }) => held!.most);
  const stalled = weighed.find(({ symptom }) => symptom.kind === 'stalled')?.symptom;
  const stalledShare = stalled === undefined ? undefined : stalled.count / stalled.of;
  const passed = stalled === undefined ? undefined : passedPerSec(seen.arms);
  return {
    // A few idle connections share what many others fill.
    ...(filled.length === 0 ? {} : { most: Math.max(...filled) }),
    ...(stalledShare === undefined ? {} : { stalledShare }),
    ...(passed === undefined ? {} : { passedPerSec: passed }),
  };
}

/** The median of what all arms got through in the seconds in which some stalled. */
function passedPerSec(arms: readonly ArmSeen[]): number | undefined {
  const bySecond = new Map<number, { established: number; stalled: number }>();
  for (const { series, arm } of arms) {
    for (const [second, { established, stalled, completed }] of series.bySecond) {
      const sum = bySecond.get(second) ?? { established: 0, stalled: 0 };
      sum.established += arm.expect.kind === 'refused' ? completed : established;
      sum.stalled += stalled;
      bySecond.set(second, sum);
    }
  }
  const passed = [...bySecond.values()]
    .filter(({ stalled }) => stalled > 0)
    .map(({ established }) => established)
    .sort((a, b) => a - b);
  return passed.length < 3 ? undefined : passed[Math.floor(passed.length / 2)];
}

/** "stalls in 14 % of handshakes (arm baseline); to tell A from B: …". */
function sayWhy({ symptom, possible }: WeighedSymptom, id: StageId): string {
  const { kind, arm, count, of } = symptom;
  const what =
    kind === 'stalled'
      ? `${percent(count / Math.max(1, of))} of the handshakes of ${arm.name} stalled`
      : symptom.text;
  const rivals = TELLS[id].flatMap((cause) =>
    possible.filter((one) => one.cause.id === cause).map((one) => one.cause.name),
  );
  const others = possible.length - rivals.length;
  const shown = rivals.slice(0, 2).join(' and ');
  const rest =
    others > 0 || rivals.length > 2 ? ` from ${possible.length - Math.min(2, rivals.length)} more` : '';
  return `${what}; to tell ${shown}${rest}: ${DOES[id]}`;
}
