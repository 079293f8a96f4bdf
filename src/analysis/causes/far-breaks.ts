import type { Observations, Symptom } from '../observations/types.ts';
import { contradicts, MOST, NOTHING, supports } from './judgements.ts';
import { resetsByTtl } from './refusals.ts';
import { describeInvented, endedByFin } from './resets.ts';
import type { Cause, Judgement } from './types.ts';

export const farBreaks = {
  id: 'far-end-breaks',
  name: 'a far end that itself resets or closes connections before it answers',
  explains: ['broken'],
  predicts:
    'handshakes clean; an RST or a FIN of the far end in place of an answer, whatever the source and the kind of SYN',
  scope: {
    ...{ port: 'either', host: 'either', source: 'either', client: 'alike' },
    ...{ mss: 'alike', dscp: 'alike', close: 'alike', ports: 'alike' },
  },
  judge: (symptom, seen) => judgeEnds(symptom, seen),
  decidedBy: [
    {
      text: 'a capture at the far end: whether it sent those RSTs and FINs',
      command: 'rushhour run SCENARIO --peer FARHOST:PORT ...',
    },
  ],
  next: [
    {
      text: "look into the far end's log at those times: its limits of clients and requests, its time-outs, a restart, a worker that ended",
    },
  ],
  proof: 'a capture at the far end shows that it sent the RST or the FIN itself',
  source: 'RFC 9293 section 3.5.2, RFC 9112 section 9.5 (closing without an answer)',
} as const satisfies Cause;

function judgeEnds(symptom: Symptom, seen: Observations): Judgement[] {
  const invented = describeInvented(symptom, seen);
  if (invented !== undefined) return contradicts(invented);
  const resets = resetsByTtl(symptom);
  if (resets !== undefined) return resets.kind === 'other' ? contradicts(resets.text) : supports(resets.text);
  const byFin = endedByFin(symptom);
  return byFin >= symptom.count * MOST
    ? supports(`${byFin} of ${symptom.count} ended without an RST, as a program ends them that closes`)
    : NOTHING;
}
