import type { Observations, Symptom } from '../observations/types.ts';
import { describeRefusedByChance } from './by-chance.ts';
import { describeDownTimes } from './down-times.ts';
import { contradicts, decides, MOST, NOTHING, percent, shareInGaps, supports } from './judgements.ts';
import { refusedByIcmp, resetsByTtl } from './refusals.ts';
import { describeInvented, endedByFin } from './resets.ts';
import type { Cause, Judgement } from './types.ts';

/** Most SYNs that find the port held come after a reset of their own port. */
const HALF = 0.5;

/** Refusals that have no pattern in time. */
const LIKE_CHANCE = 0.2;

export const resetInjected = {
  id: 'reset-injected',
  name: 'something on the way that resets connections at random, or one of several hosts behind the address that refuses them',
  explains: ['refused', 'broken', 'healed'],
  predicts:
    'refused, or reset before an answer, at random while most succeed; RSTs whose TTL is not that of the endpoint; the far end sent none',
  scope: {
    ...{ port: 'either', host: 'either', source: 'either', client: 'either' },
    ...{ mss: 'either', dscp: 'either', close: 'alike', ports: 'either' },
  },
  judge: (symptom, seen) =>
    symptom.kind === 'healed'
      ? judgeHealed(symptom)
      : [...judgeTimes(symptom), ...judgeSender(symptom, seen)],
  decidedBy: [
    {
      text: 'the TTL of the RSTs, here and at the far end (root, or CAP_NET_RAW)',
      command: 'rushhour run SCENARIO --capture on --peer FARHOST:PORT ...',
    },
  ],
  next: [
    {
      text: 'look for an IPS, a filter or a load balancer on the way that resets, and for a member of its pool that does not listen; their logs at those times',
    },
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
  const down = describeDownTimes(symptom, seen);
  if (down !== undefined) return contradicts(down);
  const icmp = symptom.kind === 'refused' ? refusedByIcmp(symptom) : undefined;
  if (icmp !== undefined) return contradicts(icmp);
  const invented = describeInvented(symptom, seen);
  if (invented !== undefined) return decides(invented);
  const resets = resetsByTtl(symptom);
  if (resets === undefined) return NOTHING;
  if (symptom.kind === 'refused') {
    if (resets.kind === 'own') return contradicts(resets.text);
    const chance = describeRefusedByChance(symptom, seen);
    return chance === undefined ? supports(resets.text) : decides(`${resets.text}; ${chance}`);
  }
  // A limit that refuses has its firewall's TTL as well; but connections that are open are past all limits.
  return resets.kind === 'other' ? decides(resets.text) : NOTHING;
}

/** A far end that did not hear of the reset still holds the port, and tells whoever comes from it again. */
function judgeHealed({ arm, count }: Symptom): Judgement[] {
  const broken = arm.summary.outcomes['response-reset'] ?? 0;
  return arm.ports === 'used' && broken >= count * HALF
    ? supports(`${broken} connections of the same arm had been reset, from ports that it uses again`)
    : contradicts(`${broken} connections from the same ports had been reset, for ${count} such SYNs`);
}
