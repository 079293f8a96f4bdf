import { loadFirewall } from '../firewall.ts';
import { oneOf, wholeSeconds } from '../parameters.ts';
import { definePreset } from '../preset.ts';
import { INSIDE } from '../topology.ts';

/** Packets that neither belong to a known connection nor begin one. */
const UNKNOWN = `iifname "${INSIDE}" meta l4proto tcp ct state invalid`;

export const idleForget = definePreset({
  name: 'idle-forget',
  symptom: 'idle connections are forgotten: later packets vanish without notice to either end',
  mimics:
    'a session timeout without notice, the default of most firewalls (common knowledge, no single vendor)',
  // An RST is for the program on the near side what a timer that tells is.
  causes: ({ answer }) => (answer === 'drop' ? ['idle-forgotten'] : ['idle-forgotten', 'age-limit']),
  vary: (draw) => ({ age: draw.seconds(5, 30) }),
  parameters: {
    age: wholeSeconds({ help: 'idle time after which it forgets', fallback: 30, min: 1, max: 86_400 }),
    answer: oneOf(['drop', 'reset'], {
      help: 'what packets of a forgotten connection get: nothing, or an RST',
      fallback: 'drop',
    }),
  },
  async apply(lab, { age, answer }) {
    await loadFirewall(lab, {
      forward: [`${UNKNOWN} ${answer === 'drop' ? 'drop' : 'reject with tcp reset'}`],
    });
    await lab.firewall.setSysctls({
      'net.netfilter.nf_conntrack_tcp_timeout_established': age,
      // Otherwise a packet from the middle of a connection would begin a new one.
      'net.netfilter.nf_conntrack_tcp_loose': 0,
    });
  },
});
