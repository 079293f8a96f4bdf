import { UsageError } from '../../errors.ts';
import { formatDuration } from '../../scenario/units.ts';
import { loadFirewall } from '../firewall.ts';
import { milliseconds } from '../parameters.ts';
import { definePreset } from '../preset.ts';

const spell = (ms: number): string => formatDuration(ms * 1_000);

export const proxyRestart = definePreset({
  name: 'proxy-restart',
  symptom:
    'now and then every connection ends and every SYN is refused for some seconds, by the far end itself',
  mimics: 'a proxy that crashes or is restarted (RFC 9293, section 3.5.2): no firewall to blame',
  causes: ['service-down'],
  takes: ['far-end'],
  vary: (draw) => ({ every: draw.seconds(30, 90), away: draw.seconds(2, 10) }),
  parameters: {
    every: milliseconds({ help: 'from one restart to the next', fallback: 20_000, min: 100, max: 3_600_000 }),
    away: milliseconds({ help: 'how long nothing listens', fallback: 3_000, min: 10, max: 600_000 }),
  },
  check({ every, away }) {
    if (away < every) return;
    throw new UsageError(`Preset proxy-restart: away=${spell(away)} is not below every=${spell(every)}.`, {
      hint: 'it must be back before it goes again',
    });
  },
  farEnd: ({ every, away }) => ({ restart: { everyMs: every, awayMs: away } }),
  async apply(lab) {
    await loadFirewall(lab);
  },
});
