import { portOf } from '../observations/differences.ts';
import type { Observations, Symptom } from '../observations/types.ts';
import { contradicts, decides, NOTHING, supports } from './judgements.ts';
import { EVERYTHING } from './scope.ts';
import type { Cause, Judgement } from './types.ts';

/** A port of which nearly all handshakes were completed is answered. */
const NEARLY_ALL = 0.9;

export const preAnswered = {
  id: 'pre-answered',
  name: 'something that answers handshakes whether or not a service listens (SYN proxy, WAN optimiser, transparent proxy, or a catch-all of the far host)',
  explains: ['answered', 'broken'],
  predicts: 'ports that are closed connect, each of them; handshakes far faster than the first byte',
  scope: EVERYTHING,
  judge: (symptom, seen) => {
    // Behind what answers for it, a service that is not there ends what was established here.
    if (symptom.kind === 'broken') return judgeBroken(seen);
    const ports = answeredPorts(seen);
    return ports.length >= 2
      ? decides(`ports ${ports.join(' and ')}, which must refuse, were both answered: ${symptom.text}`)
      : supports(symptom.text);
  },
  decidedBy: [
    {
      text: 'a second port on which surely nothing listens',
      command: 'rushhour run closed-port --target tcp://HOST:ANOTHER_PORT',
    },
  ],
  next: [
    {
      text: 'find what answers: SYN proxy or SYN cookies of the firewall, a WAN optimiser, a transparent proxy; what it hides is measured only behind it',
    },
  ],
  proof: 'at the far end: no SYN arrives for what was answered here',
  source: 'RFC 4987 section 3.8 (firewalls and proxies), RFC 3135 (performance enhancing proxies)',
} as const satisfies Cause;

function judgeBroken({ both }: Observations): Judgement[] {
  return both !== undefined && both.synAcksInvented === 0
    ? contradicts('no SYN-ACK came here that the far side had not sent')
    : NOTHING;
}

export const serviceListens = {
  id: 'service-listens',
  name: 'a service that listens on the port that should be closed',
  explains: ['answered'],
  predicts: 'that one port connects; others on which nothing listens refuse',
  scope: { ...EVERYTHING, port: 'perhaps', host: 'perhaps' },
  judge: (symptom, seen) => judgeService(symptom, seen),
  decidedBy: [],
  next: [{ text: 'on the far host: ss -ltn; choose a port on which nothing listens' }],
  proof: 'ss -ltn on the far host lists the port',
  source: 'common knowledge',
} as const satisfies Cause;

function judgeService(_: Symptom, seen: Observations): Judgement[] {
  const ports = answeredPorts(seen);
  return ports.length >= 2
    ? contradicts(`${ports.length} ports that must refuse were answered, not one`)
    : NOTHING;
}

function answeredPorts({ arms }: Observations): string[] {
  const answered = arms.filter(
    ({ arm, summary, started }) =>
      arm.expect.kind === 'refused' &&
      (summary.outcomes['unexpected-handshake'] ?? 0) >= started * NEARLY_ALL,
  );
  return [...new Set(answered.flatMap(({ summary }) => Object.keys(summary.endpoints).map(portOf)))];
}
