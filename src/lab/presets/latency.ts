import { delayCable } from '../delay-cable.ts';
import { loadFirewall } from '../firewall.ts';
import { milliseconds, oneOf } from '../parameters.ts';
import { definePreset } from '../preset.ts';

export const latency = definePreset({
  name: 'latency',
  symptom: 'every handshake and response takes a round trip longer, none stalls',
  mimics:
    'a distant data centre or a satellite link: the negative control for everything that judges by time',
  causes: ({ rtt }) => (rtt >= 1_000 ? ['long-path'] : []),
  takes: ['cable'],
  vary: (draw) => ({ rtt: draw.pick(['20ms', '80ms', '200ms', '600ms', '1100ms', '1300ms', '1600ms']) }),
  parameters: {
    rtt: milliseconds({ help: 'round trip between firewall and far side', fallback: 80, min: 2, max: 5_000 }),
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
