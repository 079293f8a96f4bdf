import type { Observations, Symptom } from '../observations/types.ts';
import { contradicts, decides, NOTHING, supports } from './judgements.ts';
import { describeDeadEndpoint, explainedOtherwise } from './shared.ts';
import type { Cause, Judgement } from './types.ts';

export const badEndpoint = {
  id: 'bad-endpoint',
  name: 'one bad address among several',
  explains: ['stalled', 'refused'],
  predicts:
    'stalls or refusals with one endpoint only; the others, tried as often at the same time, are clean',
  scope: {
    ...{ port: 'perhaps', host: 'perhaps', source: 'alike', client: 'alike' },
    ...{ mss: 'alike', dscp: 'alike', close: 'alike', ports: 'alike' },
  },
  judge: (symptom, seen) => [
    ...judgeEndpoints(symptom, seen),
    ...explainedOtherwise(symptom, seen, 'endpoint'),
  ],
  decidedBy: [
    {
      text: 'each address by itself, at the same rate',
      command: 'rushhour run check-tcp --target tcp://ADDRESS:PORT',
    },
  ],
  next: [{ text: 'take the address out of the pool or the name, and look at that host and the way to it' }],
  proof: 'the same load without that address has no stall',
  source: 'RFC 8305 (several addresses of a name)',
} as const satisfies Cause;

function judgeEndpoints(symptom: Symptom, seen: Observations): Judgement[] {
  const { arm, kind } = symptom;
  const endpoints = Object.entries(arm.summary.endpoints).filter(([, { started }]) => started > 0);
  if (endpoints.length < 2) return contradicts('there was one endpoint only');
  const dead = describeDeadEndpoint(symptom);
  if (dead !== undefined) return decides(dead);
  if (kind !== 'stalled') return NOTHING;
  const only = seen.findings.find((finding) => finding.kind === 'one-endpoint' && finding.arm === arm.name);
  if (only === undefined) {
    const ill = endpoints.filter(([, { stalled }]) => stalled > 0).length;
    return ill < 2 ? NOTHING : contradicts(`${ill} of ${endpoints.length} endpoints had stalls`);
  }
  return supports(only.text);
}
