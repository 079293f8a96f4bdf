import type { Observations, Symptom } from '../observations/types.ts';
import { describeByFlow } from './by-flow.ts';
import { describeControls, judgeFirstUses } from './early-reuse.ts';
import { contradicts, expectSilence, judgeFates, NOTHING, supports } from './judgements.ts';
import { explainedOtherwise, passedInGaps } from './shared.ts';
import type { Cause, Judgement } from './types.ts';

/** The mirror image of early reuse: here it is the firewall whose timer is the longer one. */
export const heldByFirewall = {
  id: 'held-by-firewall',
  name: 'a firewall that still knows the last connection from a source port, and drops the SYN of the next',
  explains: ['stalled'],
  predicts:
    "stalls where a port is used again within the firewall's own timer, from the youngest age on; none from ports that rested, and none after an RST, which ends the entry; the SYNs never reach the far end",
  scope: {
    ...{ port: 'either', host: 'either', source: 'either', client: 'either' },
    ...{ mss: 'alike', dscp: 'alike', close: 'perhaps', ports: 'perhaps' },
  },
  judge: (symptom, seen) => [
    ...judgeControls(symptom, seen),
    ...expectSilence(symptom),
    ...judgeFates(symptom, seen, ['not-seen']),
    ...judgeFirstUses(symptom, seen),
    ...judgeGaps(symptom),
    ...judgeClosed(symptom, seen),
    ...explainedOtherwise(symptom, seen, 'held'),
  ],
  decidedBy: [
    {
      text: 'the ages at which it stalls: from the youngest on, or only above one',
      command: 'rushhour run timewait-sweep --proxy PROXY:PORT --target URL',
    },
    {
      text: 'a capture at the far end: do the SYNs arrive there?',
      command: 'rushhour run SCENARIO --peer FARHOST:PORT ...',
    },
  ],
  next: [
    {
      text: 'look for drops of SYNs "out of state" or on existing connections, and shorten the timer of closed connections or let a SYN open a new one',
    },
  ],
  proof: "the firewall's log or counter of packets out of state grows with the stalls",
  source: 'RFC 5382 REQ-5 (timers of closed connections); common knowledge of stateful firewalls',
} as const satisfies Cause;

function judgeControls(symptom: Symptom, seen: Observations): Judgement[] {
  const controls = describeControls(symptom, seen);
  return controls === undefined ? NOTHING : supports(controls);
}

/** Where nothing listens, each RST ended what the firewall knew. */
function judgeClosed(symptom: Symptom, seen: Observations): Judgement[] {
  const flow = describeByFlow(symptom, seen);
  return flow?.isUnheldToo === true ? contradicts(flow.text) : NOTHING;
}

/** Ports that had rested are known to no one, or, where a NAT gives others, to some. */
function judgeGaps(symptom: Symptom): Judgement[] {
  const { started, passed } = passedInGaps(symptom);
  const { ports, gaps } = symptom.arm;
  return ports === 'fresh' && gaps.length >= 2 && started >= 50 && passed <= started * 0.01
    ? contradicts(
        `${passed} of ${started} got through in ${gaps.length} stretches, from source ports that had not been used for minutes`,
      )
    : NOTHING;
}
