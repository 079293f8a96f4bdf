import type { Symptom } from '../observations/types.ts';
import { contradicts, decides, NOTHING } from './judgements.ts';
import { EVERYTHING } from './scope.ts';
import { describeLongPath, explainedOtherwise } from './shared.ts';
import type { Cause, Judgement } from './types.ts';

export const longPath = {
  id: 'long-path',
  name: 'a path so long that SYNs are sent again before their answer comes',
  explains: ['stalled'],
  predicts:
    'every handshake takes about the same, no less than the round trip that timestamps show; nothing was lost',
  scope: { ...EVERYTHING, host: 'perhaps' },
  judge: (symptom, seen) => [...judgeTimes(symptom), ...explainedOtherwise(symptom, seen, 'path')],
  decidedBy: [
    {
      text: 'TCP timestamps, which tell the round trip of an answer',
      command: 'rushhour run SCENARIO --tcp-timestamps on ...',
    },
  ],
  next: [{ text: 'set stallAfter above the round trip; it is no fault of the firewall' }],
  proof: 'pings take as long',
  source: 'RFC 7323 section 4 (RTTM), RFC 6298',
} as const satisfies Cause;

function judgeTimes(symptom: Symptom): Judgement[] {
  const { arm } = symptom;
  const { handshakeUs } = arm.summary.service;
  if (arm.summary.established === 0) return contradicts('no handshake was completed at all');
  if (handshakeUs.count > 0 && handshakeUs.min < arm.arm.stallAfterUs)
    return contradicts(
      `the quickest handshake took ${handshakeUs.min < 1_000 ? `${handshakeUs.min} us` : `${Math.round(handshakeUs.min / 1_000)} ms`}`,
    );
  const { rttUs, service } = arm.summary;
  const answerUs = service.firstByteUs.p50 - service.handshakeUs.p50;
  if (rttUs !== undefined && service.firstByteUs.count > 0 && answerUs < rttUs.min * 0.7)
    return contradicts(
      `responses came ${Math.round(answerUs / 1_000)} ms after the handshake, sooner than such a path would bring them`,
    );
  const text = describeLongPath(symptom);
  return text === undefined ? NOTHING : decides(text);
}
