import { loadMiddlebox } from '../middlebox.ts';
import { milliseconds } from '../parameters.ts';
import { definePreset } from '../preset.ts';

export const preAnswered = definePreset({
  name: 'pre-answered',
  symptom: 'handshakes far faster than the first byte; closed ports connect, too',
  mimics: 'a WAN optimiser, transparent proxy or SYN proxy that answers for the server (common knowledge)',
  causes: ['pre-answered'],
  takes: ['connections'],
  vary: (draw) => ({ rtt: `${draw.whole(1, 300)}ms` }),
  parameters: {
    rtt: milliseconds({
      help: 'round trip between the box and the far side',
      fallback: 80,
      min: 0,
      max: 5_000,
    }),
  },
  async apply(lab, { rtt }) {
    await loadMiddlebox(lab, { ports: 'all' }, { roundTripMs: rtt, holdMs: 0, cutMs: 0, cutFrom: 'start' });
  },
});
