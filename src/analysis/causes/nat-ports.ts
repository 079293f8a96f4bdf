import type { HeldFit, Observations, Symptom } from '../observations/types.ts';
import { describeFailedSearches } from './firewall-counters.ts';
import { contradicts, decides, expectSilence, judgeFates, NOTHING, supports } from './judgements.ts';
import { describePortsFree, describePortsTaken } from './ports-taken.ts';
import { isShut, sameAtEachRate } from './room.ts';
import { excludeCounted, excludePool, explainedOtherwise } from './shared.ts';
import type { Cause, Judgement } from './types.ts';
import { NAT_POOL_STEPS } from './vendors.ts';

export const natPorts = {
  id: 'nat-ports',
  name: 'NAT ports used up towards this destination',
  explains: ['stalled'],
  predicts:
    'connections succeed until the ports to one destination are in use, then none; another destination port stays clean; ports come back a TIME_WAIT after the close, tens of seconds as a rule',
  scope: {
    ...{ port: 'perhaps', host: 'perhaps', source: 'either', client: 'alike' },
    ...{ mss: 'alike', dscp: 'alike', close: 'alike', ports: 'alike' },
  },
  judge: (symptom, seen) => [
    ...judgePortsTaken(symptom, seen),
    ...judgeRelease(symptom, seen),
    ...judgeBeside(symptom, seen),
    ...excludeCounted(symptom, seen),
    ...expectSilence(symptom),
    ...judgeFates(symptom, seen, ['not-seen']),
    ...excludePool(symptom, seen),
    ...explainedOtherwise(symptom, seen, 'nat'),
  ],
  decidedBy: [
    {
      text: 'connections that are held, for a time that no timer is set to, beside short ones to another port of the same host, and when room comes back',
      command:
        'rushhour run port-exhaustion --target tcp://HOST:PORT --set arms.fill.hold=53s --set arms.other-port.target=tcp://HOST:PORT2',
    },
    {
      text: "the firewall's own counters during the load",
      command: "rushhour run SCENARIO --firewall-before 'ssh fw conntrack -S' ...",
    },
  ],
  next: NAT_POOL_STEPS,
  proof:
    'with a second external address twice as many connections get in; the firewall counts failed allocations of ports',
  source: 'RFC 5382; net/netfilter/nf_nat_core.c; measured with nftables on Linux 6.18',
} as const satisfies Cause;

function judgePortsTaken(symptom: Symptom, seen: Observations): Judgement[] {
  const taken = describePortsTaken(symptom, seen);
  if (taken !== undefined) return decides(taken);
  const free = describePortsFree(symptom, seen);
  return free === undefined ? NOTHING : contradicts(free);
}

function judgeRelease(symptom: Symptom, seen: Observations): Judgement[] {
  const { arm } = symptom;
  const { held } = arm;
  const { release } = held ?? {};
  if (held === undefined || release === undefined) return NOTHING;
  if (release.highSec <= 1) return judgePromptRoom(symptom, held);
  if (release.lowSec < 1 || held.room?.lowSec !== release.lowSec) return NOTHING;
  const rest = `there was room again only ${release.lowSec} to ${release.highSec} s after the first close`;
  const searches = describeFailedSearches(symptom, seen);
  const same = sameAtEachRate(arm);
  // Sessions that a limit still counts for a while, and limits of a longer time, look the same but for the firewall's own word.
  if (searches === undefined || same === undefined || !isShut(arm)) return supports(rest);
  return decides(
    `${rest}, and ${same.times} times it was full with about ${held.most} in use or resting, whether ${same.rates.join(' or ')}/s were tried; ${searches}`,
  );
}

/** What is full lets none in: beside those that fail hardly any get in before one is closed. */
function judgeBeside(symptom: Symptom, seen: Observations): Judgement[] {
  const { arm, count } = symptom;
  if (arm.arm.holdUs === 0 || describeFailedSearches(symptom, seen) === undefined) return NOTHING;
  const closedSec = (arm.series.counts.firstBegunUs + arm.arm.holdUs) / 1_000_000;
  const rows = [...arm.series.bySecond].sort(([a], [b]) => a - b);
  const first = rows.find(([, { stalled }]) => stalled > 0)?.[0] ?? Number.POSITIVE_INFINITY;
  const open = rows.filter(([second]) => second > first && second + 1 <= closedSec);
  const [stalled, established] = (['stalled', 'established'] as const).map((what) =>
    open.reduce((sum, [, counts]) => sum + counts[what], 0),
  ) as [number, number];
  return stalled >= count * 0.5 && established >= stalled * 3
    ? contradicts(`${established} more got in beside ${stalled} that stalled, before any was closed`)
    : NOTHING;
}

/** From so many ports on, Linux' search for a free one gives up before the last is found; below, it looks at all of them. */
const SEARCHED = 500;

/**
 * Room at once after a FIN. Most NATs let a port rest; Linux takes one out of TIME_WAIT when none else is free, so that it may look
 * like a limit: but towards one destination alone, and, of many ports, not up to the very last.
 */
function judgePromptRoom({ arm, contrasts }: Symptom, { most, isSharp, release }: HeldFit): Judgement[] {
  if (arm.arm.close === 'reset' || release === undefined) return NOTHING;
  const prompt = `there was room again within ${release.highSec} s of the first close`;
  const other = contrasts.find(({ fared, differs }) => fared === 'alike' && differs.includes('port'));
  if (other !== undefined)
    return contradicts(
      `${prompt}, and another port failed as well (${other.arm}): a NAT that frees ports at once counts them for each destination`,
    );
  return isSharp && most >= SEARCHED
    ? contradicts(
        `${prompt}, and none of ${most} had failed until it was full: ports would rest, or the search for the last of them would give up`,
      )
    : NOTHING;
}
