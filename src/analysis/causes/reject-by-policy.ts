import type { Symptom } from '../observations/types.ts';
import { contradicts, decides, NOTHING, supports } from './judgements.ts';
import { describeRejected, refusedAsUnreachable, refusedByIcmp } from './refusals.ts';
import { explainedOtherwise } from './shared.ts';
import type { Cause, Judgement } from './types.ts';

export const rejectByPolicy = {
  id: 'reject-by-policy',
  name: 'a rule that rejects these connections',
  explains: ['refused', 'stalled'],
  predicts:
    'ICMP errors that name the sender, from the first attempt on; where Linux limits them, the rest is silence',
  scope: {
    ...{ port: 'perhaps', host: 'perhaps', source: 'perhaps', client: 'perhaps' },
    ...{ mss: 'either', dscp: 'perhaps', close: 'alike', ports: 'alike' },
  },
  judge: (symptom, seen) => [...judgeIcmp(symptom), ...explainedOtherwise(symptom, seen, 'rule')],
  decidedBy: [
    {
      text: 'type, code and sender of the ICMP errors, which the raw engine records',
      command: 'rushhour run check-tcp --engine raw --target tcp://HOST:PORT',
    },
  ],
  next: [{ text: "look for the rule at the sender's address: it answers for itself" }],
  proof: 'the counter of that rule',
  source: 'RFC 1812 section 5.2.7.1 (code 13), RFC 9293 section 3.9.2.2',
} as const satisfies Cause;

function judgeIcmp(symptom: Symptom): Judgement[] {
  const { arm, count, kind } = symptom;
  const icmp = refusedByIcmp(symptom);
  if (icmp === undefined) {
    if (kind === 'stalled') return contradicts('no ICMP error told of a rule');
    const known = Object.values(arm.summary.refusals ?? {}).reduce((sum, one) => sum + one, 0);
    return known >= count * 0.5
      ? contradicts('none of the refusals was an ICMP error, or few were')
      : NOTHING;
  }
  const unreachable = refusedAsUnreachable(symptom);
  if (unreachable !== undefined) return NOTHING;
  const rule = describeRejected(symptom);
  return rule === undefined ? supports(icmp) : decides(rule);
}
