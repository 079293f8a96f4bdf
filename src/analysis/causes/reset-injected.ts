import type { Observations, Symptom } from '../observations/types.ts';
import { contradicts, decides, MOST, NOTHING, percent, shareInGaps, supports } from './judgements.ts';
import { refusedByIcmp, resetsByTtl } from './refusals.ts';
import { describeInvented, endedByFin } from './resets.ts';
import type { Cause, Judgement } from './types.ts';

/** Refusals that have no pattern in time. */
const LIKE_CHANCE = 0.2;

export const resetInjected = {
  id: 'reset-injected',
  name: 'something on the way that resets connections at random',
  explains: ['refused', 'broken'],
  predicts:
    'refused, or reset before an answer, at random while most succeed; RSTs whose TTL is not that of the endpoint; the far end sent none',
  scope: {
    ...{ port: 'either', host: 'either', source: 'either', client: 'either' },
    ...{ mss: 'either', dscp: 'either', close: 'alike', ports: 'alike' },
  },
  judge: (symptom, seen) => [...judgeTimes(symptom), ...judgeSender(symptom, seen)],
  decidedBy: [
    {
      text: 'the TTL of the RSTs, here and at the far end (root, or CAP_NET_RAW)',
      command: 'rushhour run SCENARIO --capture on --peer FARHOST:PORT ...',
    },
  ],
  next: [
    { text: 'look for an IPS, a filter or a load balancer on the way that resets; its log at those times' },
  ],
  proof: 'captures on both sides: the RST is seen here and never left the far end',
  source: 'RFC 3360 (inappropriate resets)',
} as const satisfies Cause;

function judgeTimes(symptom: Symptom): Judgement[] {
  if (symptom.kind === 'broken') {
    const byFin = endedByFin(symptom);
    return byFin >= symptom.count * MOST
      ? contradicts(`${byFin} of ${symptom.count} ended without an RST`)
      : NOTHING;
  }
  const share = shareInGaps(symptom);
  return share > LIKE_CHANCE
    ? contradicts(`${percent(share)} of them lie in seconds in which nearly all were refused: not at random`)
    : NOTHING;
}

function judgeSender(symptom: Symptom, seen: Observations): Judgement[] {
  const icmp = symptom.kind === 'refused' ? refusedByIcmp(symptom) : undefined;
  if (icmp !== undefined) return contradicts(icmp);
  const invented = describeInvented(symptom, seen);
  if (invented !== undefined) return decides(invented);
  if (symptom.kind !== 'refused') return NOTHING;
  const resets = resetsByTtl(symptom);
  if (resets === undefined) return NOTHING;
  return resets.kind === 'other' ? supports(resets.text) : contradicts(resets.text);
}
