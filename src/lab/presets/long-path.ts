import { delayCable } from '../delay-cable.ts';
import { loadFirewall } from '../firewall.ts';
import { milliseconds, oneOf } from '../parameters.ts';
import { definePreset } from '../preset.ts';

export const longPath = definePreset({
  name: 'long-path',
  symptom:
    'every handshake has its SYN sent again, though nothing is lost: the answer takes longer than a second',
  mimics: 'a satellite link with a busy queue: longer than the first SYN timer (1 s, RFC 6298)',
  causes: ['long-path'],
  takes: ['cable'],
  vary: (draw) => ({ rtt: `${draw.whole(1_050, 2_500)}ms` }),
  parameters: {
    rtt: milliseconds({
      help: 'round trip between firewall and far side',
      fallback: 1_300,
      min: 1_001,
      max: 5_000,
    }),
    how: oneOf(['auto', 'tunnel'], {
      help: "the kernel's netem if it has it, or a tunnel",
      fallback: 'auto',
    }),
  },
  async apply(lab, { rtt, how }) {
    await loadFirewall(lab);
    await delayCable(lab, rtt, how);
  },
});
