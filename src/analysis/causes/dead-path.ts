import type { Observations, Symptom } from '../observations/types.ts';
import { describeByFlow, sumUpAll } from './by-flow.ts';
import { contradicts, decides, expectSilence, judgeFates, NOTHING, supports } from './judgements.ts';
import { FEWEST_STALLS } from './loss-account.ts';
import { EVERYTHING } from './scope.ts';
import { explainedOtherwise } from './shared.ts';
import type { Cause, Judgement } from './types.ts';

/** More that got through when their SYN was sent again were not on a path that is dead. */
const HEALED = 0.1;

/** So uneven over time, it is no share of all. */
const UNEVEN = 3;

export const deadPath = {
  id: 'dead-path',
  name: 'one of several paths, or members of a group, that connections are spread over by addresses and ports, and that is dead; or a rule that drops some of these',
  explains: ['stalled'],
  predicts:
    'a fixed share of all connections gets no answer at all, however often the SYN is sent again; the others get through at once; every arm alike, closed ports included, at any rate and from the first second on',
  // Some spread by addresses alone: then a pair of hosts has it or not.
  scope: { ...EVERYTHING, host: 'either', source: 'either' },
  judge: (symptom, seen) => [
    ...judgeHealed(seen),
    ...judgeFlow(symptom, seen),
    ...judgeTimes(seen),
    ...expectSilence(symptom),
    ...judgeFates(symptom, seen, ['not-seen', 'syn-ack-lost']),
    ...explainedOtherwise(symptom, seen, 'flow'),
  ],
  decidedBy: [
    {
      text: 'the same source port to the same port again and again: it always gets through or never',
      command: 'rushhour run steady --rate 5/s --set arms.traffic.source.ports=40000-40031 ...',
    },
  ],
  next: [
    {
      text: 'look at each member of link groups and equal-cost routes, and at each node of a firewall cluster, on the way there and back: counters of packets that go out of one and never come back; where a NAT keeps source ports, whether others have the ports that fail',
    },
    {
      firewall: 'Linux',
      text: 'cat /proc/net/bonding/*; ip -s link; ip route get ADDRESS ipproto tcp sport PORT dport PORT',
      source: 'https://www.kernel.org/doc/html/latest/networking/bonding.html',
    },
  ],
  proof: 'with one member taken out of the group, all connections get through, or a larger share gets lost',
  source:
    'RFC 2992 (equal-cost multi-path by a hash of addresses and ports); measured with nftables (jhash) on Linux 6.18',
} as const satisfies Cause;

function judgeHealed(seen: Observations): Judgement[] {
  const { healed, stalled } = sumUpAll(seen);
  return stalled >= FEWEST_STALLS && healed > stalled * HEALED
    ? contradicts(
        `${healed} of ${stalled} that stalled got through when the SYN was sent again: a path that is dead stays so`,
      )
    : NOTHING;
}

function judgeTimes(seen: Observations): Judgement[] {
  const { dispersion = 0 } = sumUpAll(seen);
  return dispersion > UNEVEN
    ? contradicts(
        `stalls are ${Math.round(dispersion)} times as uneven over time as a fixed share of all would be`,
      )
    : NOTHING;
}

function judgeFlow(symptom: Symptom, seen: Observations): Judgement[] {
  const flow = describeByFlow(symptom, seen);
  if (flow === undefined) return NOTHING;
  return flow.isUnheldToo ? decides(flow.text) : supports(flow.text);
}
