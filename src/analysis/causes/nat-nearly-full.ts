import type { Observations, Symptom } from '../observations/types.ts';
import { describeFailedSearches } from './firewall-counters.ts';
import {
  contradicts,
  decides,
  expectSilence,
  judgeFates,
  NOTHING,
  percent,
  shareInGaps,
} from './judgements.ts';
import { excludeCounted, excludePool, explainedOtherwise } from './shared.ts';
import type { Cause, Judgement } from './types.ts';
import { NAT_POOL_STEPS } from './vendors.ts';

/** A search that gives up early fails now and then: of 1,000 ports 11 SYNs were dropped in all [M]. */
const MOST_STALLED = 0.3;
const MOST_FROZEN = 0.3;

export const natNearlyFull = {
  id: 'nat-nearly-full',
  name: 'a NAT pool that is nearly full, whose search for a free port gives up',
  explains: ['stalled'],
  predicts:
    'few stalls, from nine tenths of the ports to one destination on, which heal with the SYN sent again; the firewall counts insert_failed',
  scope: {
    ...{ port: 'perhaps', host: 'perhaps', source: 'either', client: 'alike' },
    ...{ mss: 'alike', dscp: 'alike', close: 'alike', ports: 'alike' },
  },
  judge: (symptom, seen) => [
    ...judgeShare(symptom),
    ...excludeCounted(symptom, seen),
    ...judgeFirewall(symptom, seen),
    ...expectSilence(symptom),
    ...judgeFates(symptom, seen, ['not-seen']),
    ...excludePool(symptom, seen),
    ...explainedOtherwise(symptom, seen, 'nat'),
  ],
  decidedBy: [
    {
      text: "the firewall's own counters during the load",
      command: "rushhour run SCENARIO --firewall-before 'ssh fw conntrack -S' ...",
    },
  ],
  next: NAT_POOL_STEPS,
  proof: 'insert_failed grows by as many as handshakes stall, and no more once the pool has a second address',
  source: 'net/netfilter/nf_nat_core.c (nf_nat_l4proto_unique_tuple); measured on Linux 6.18',
} as const satisfies Cause;

function judgeShare(symptom: Symptom): Judgement[] {
  const { arm, count, of } = symptom;
  const { frozen } = arm.summary.stalled;
  if (count > of * MOST_STALLED)
    return contradicts(`${percent(count / of)} stalled: a search that gives up now and then spares most`);
  if (frozen > count * MOST_FROZEN)
    return contradicts(`${frozen} of ${count} never healed, though the SYN was sent again`);
  const inGaps = shareInGaps(symptom);
  return inGaps >= 0.5
    ? contradicts(`${percent(inGaps)} of them lie in seconds in which nearly all starts failed`)
    : NOTHING;
}

function judgeFirewall(symptom: Symptom, seen: Observations): Judgement[] {
  const searches = describeFailedSearches(symptom, seen);
  return searches === undefined ? NOTHING : decides(searches);
}
