import type { Observations, Symptom } from '../observations/types.ts';
import { isByItsSyns, listUnlike, sparedTooMany } from './clients-alone.ts';
import { contradicts, decides, judgeFates, NOTHING, supports } from './judgements.ts';
import { explainedOtherwise } from './shared.ts';
import type { Cause, Judgement } from './types.ts';

export const clientIdentity = {
  id: 'client-identity',
  name: 'SYNs of one kind of client (their options, ECN bits, MSS, DSCP or TTL) that the path does not let through',
  explains: ['stalled'],
  predicts:
    'all SYNs of one kind fail; those of another, from the same address to the same port at the same time, are clean',
  scope: {
    ...{ port: 'either', host: 'either', source: 'alike', client: 'perhaps' },
    ...{ mss: 'perhaps', dscp: 'perhaps', close: 'alike', ports: 'alike' },
  },
  judge: (symptom, seen) => [
    ...judgeKinds(symptom, seen),
    ...judgeFates(symptom, seen, ['not-seen', 'unanswered', 'syn-ack-lost']),
    ...explainedOtherwise(symptom, seen, 'client'),
  ],
  decidedBy: [
    {
      text: 'arms whose SYNs differ in one thing each',
      command: 'rushhour run syn-options --engine packet --target tcp://HOST:PORT',
    },
  ],
  next: [
    {
      text: 'on the firewall: what normalises or checks TCP options (scrubbing, TCP normalisation, ECN or Fast Open handling), and rules by DSCP or TTL',
    },
  ],
  proof: 'with that check switched off the same SYNs get through',
  source: 'RFC 3168 section 6.1.1.1 (SYNs with ECN), RFC 7413 section 7.1 (SYNs with data)',
} as const satisfies Cause;

function judgeKinds(symptom: Symptom, seen: Observations): Judgement[] {
  const { arm, count, of } = symptom;
  if (sparedTooMany(symptom))
    return contradicts(`${of - count} of ${of} SYNs of the same kind got through at once`);
  const others = listUnlike(symptom);
  const [other] = others;
  if (other === undefined) return NOTHING;
  return isByItsSyns(symptom, others, seen)
    ? decides(`${other.text}; it differs from arm ${arm.name} in its SYNs alone`)
    : supports(other.text);
}
