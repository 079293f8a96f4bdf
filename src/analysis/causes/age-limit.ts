import type { Observations, Symptom } from '../observations/types.ts';
import { splitCuts, startSpanSec } from './cuts.ts';
import { contradicts, decides, NOTHING, supports } from './judgements.ts';
import { EVERYTHING } from './scope.ts';
import type { Cause, Judgement } from './types.ts';

/** Opened over a time so many times as long as their ages differ by: then age decides, and no moment. */
const OF_AGE = 3;

export const ageLimit = {
  id: 'age-limit',
  name: 'a timer that ends connections at an age and tells so, at the firewall or the far end',
  explains: ['cut'],
  predicts: 'an RST or a FIN at the same age of each connection, whenever it was opened',
  scope: { ...EVERYTHING, host: 'either', port: 'either' },
  judge: (symptom, seen) => judgeAges(symptom, seen),
  decidedBy: [
    {
      text: 'ages of connections that were opened over a longer time',
      command: 'rushhour run hold --target tcp://HOST:PORT',
    },
  ],
  next: [
    {
      text: 'compare the age with the idle timeouts of the proxy and of the firewall; the TTL of the RST or FIN (capture/near.pcapng) tells which of the two sent it',
    },
  ],
  proof: 'with that timer doubled, connections live twice as long',
  source: 'RFC 5382 REQ-5; measured with nftables on Linux 6.18',
} as const satisfies Cause;

export function judgeAges(symptom: Symptom, { findings }: Observations): Judgement[] {
  const { found, told } = splitCuts(symptom);
  if (found > told)
    return contradicts(`${found} of ${found + told} came to light only as something was sent`);
  const age = findings.find(({ kind, arm }) => kind === 'cut-age' && arm === symptom.arm.name);
  if (age === undefined || typeof age['ageSec'] !== 'number') return NOTHING;
  const isNarrow = age.confidence === 'high';
  // Narrow is within a twentieth.
  const isByAge = startSpanSec(symptom) >= Math.max(2, age['ageSec'] * 0.05 * OF_AGE);
  return isNarrow && isByAge
    ? decides(`${age.text}, though they were opened over ${Math.round(startSpanSec(symptom))} s`)
    : supports(age.text);
}
