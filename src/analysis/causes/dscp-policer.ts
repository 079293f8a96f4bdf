import { contradicts } from './judgements.ts';
import { judgeBy } from './mtu-black-hole.ts';
import { EVERYTHING } from './scope.ts';
import type { Cause } from './types.ts';

export const dscpPolicer = {
  id: 'dscp-policer',
  name: 'a policer of one class of traffic (DSCP)',
  explains: ['late'],
  predicts: 'with one DSCP handshakes pass and larger packets do not; with any other all is well',
  scope: { ...EVERYTHING, host: 'either', dscp: 'perhaps', mss: 'either', client: 'either', size: 'perhaps' },
  judge: (symptom) =>
    (symptom.arm.arm.socket.tos ?? 0) >> 2 === 0 && symptom.arm.arm.client?.knobs.dscp === undefined
      ? contradicts('its packets are of no class (DSCP 0)')
      : judgeBy(symptom, 'dscp'),
  decidedBy: [
    {
      text: 'an arm that differs in its DSCP alone',
      command: 'rushhour run steady --set arms.traffic.socket.tos=184 --set arms.control.via=proxy ...',
    },
  ],
  next: [
    {
      text: 'look for policers and queues of that class, their rate and burst (a burst below a packet lets none pass)',
    },
  ],
  proof: "the policer's counter of what exceeds",
  source: 'RFC 3246 (EF), RFC 2697 (policers)',
} as const satisfies Cause;
