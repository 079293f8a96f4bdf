import { timeoutsOf } from '../observations/contrasts.ts';
import type { Symptom } from '../observations/types.ts';
import { contradicts, NOTHING, percent, supports } from './judgements.ts';
import { EVERYTHING } from './scope.ts';
import type { Cause, Judgement } from './types.ts';

export const lossAfter = {
  id: 'loss-after-handshake',
  name: 'loss of what comes after the handshake',
  explains: ['late'],
  predicts:
    'handshakes clean; first bytes late by 0.2 s, 0.6 s and so on, and the request sent again where it was the own one that was lost',
  scope: { ...EVERYTHING, host: 'either', size: 'either' },
  judge: (symptom) => judgeResent(symptom),
  decidedBy: [
    {
      text: 'captures on both sides: which of request, acknowledgement and response did not arrive',
      command: 'rushhour pcap NEAR.pcap --far FAR.pcap',
    },
  ],
  next: [
    {
      text: 'find what tells data from SYNs: inspection, a policer by size or class, a queue; look at its counters',
    },
  ],
  proof: 'captures on both sides of the box that loses them',
  source: 'RFC 6298; measured on Linux 6.18',
} as const satisfies Cause;

function judgeResent({ arm, count }: Symptom): Judgement[] {
  const { requestsResent: resent, stalled } = arm.summary;
  if (resent === undefined) return NOTHING;
  if (timeoutsOf(arm.summary) > count / 2)
    return contradicts(
      `${timeoutsOf(arm.summary)} of ${count} were never answered, though what was lost was sent again`,
    );
  if (stalled.ci95[0] > resent.ci95[1] / 4)
    return contradicts(`handshakes were lost, too (${percent(stalled.rate)})`);
  return supports(
    `${resent.count} of ${resent.measured} requests were sent again, and ${percent(stalled.rate)} of the handshakes stalled`,
  );
}
