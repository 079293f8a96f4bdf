import { countResponsesResent } from '../observations/segments.ts';
import type { Observations, Symptom } from '../observations/types.ts';
import { contradicts, decides, MOST, NOTHING, supports } from './judgements.ts';
import { countResponsesLate, lateResponsesOf } from './responses.ts';
import { EVERYTHING } from './scope.ts';
import type { Cause, Judgement } from './types.ts';

export const fixedWait = {
  id: 'fixed-wait',
  name: 'a wait of fixed length, on the way, in the proxy or behind it: a filter that fails open, a resolver that times out, or a server that waits',
  explains: ['waits', 'late'],
  predicts:
    'waits cluster at a round number of seconds, in every arm that sends requests; nothing is odd in the handshake',
  scope: { ...EVERYTHING, port: 'either', host: 'either' },
  judge: (symptom, seen) => (symptom.kind === 'late' ? judgeLate(symptom, seen) : judgeWaits(symptom, seen)),
  decidedBy: [
    {
      text: 'the same requests without the proxy, and from behind the firewall',
      command: 'rushhour run steady --via direct ...',
    },
  ],
  next: [
    {
      text: 'look for timeouts of that length: URL filter, ICAP or sandbox of the firewall; name servers of the proxy, of which one does not answer',
    },
  ],
  proof: 'with that timer changed, the waits follow it',
  source: 'resolv.conf(5) (timeout: 5 s); common knowledge of filters',
} as const satisfies Cause;

/** Behind a proxy SYNs may be lost as well: sent again after 1 s, and each second after that, or twice as late each time (RFC 6298). */
function judgeWaits({ arm, text, count }: Symptom, { findings }: Observations): Judgement[] {
  const ofTcp = findings.find(
    (finding) =>
      finding.kind === 'latency-cluster' &&
      finding.arm === arm.name &&
      (finding['atSec'] === 1 || finding['atSec'] === 3) &&
      Number(finding['count']) >= count,
  );
  return ofTcp === undefined ? decides(text) : supports(`${text}; but ${ofTcp.text}`);
}

/** A fifth of a second is what a program may wait for as well as TCP; a request that is sent again, or never answered, is no wait. */
function judgeLate({ arm, count }: Symptom, seen: Observations): Judgement[] {
  const late = lateResponsesOf(arm);
  if (late < count / 2)
    return contradicts(`${count - late} of ${count} were requests that were sent again, or never answered`);
  const resent = countResponsesResent(seen);
  const all = countResponsesLate(seen);
  return resent !== undefined && resent >= all * MOST
    ? contradicts(`the far end sent ${resent} segments again, for ${all} responses that came late`)
    : NOTHING;
}
