import { loadMiddlebox } from '../middlebox.ts';
import { milliseconds, share } from '../parameters.ts';
import { definePreset } from '../preset.ts';
import { byChance } from '../ruleset.ts';

export const failOpen5s = definePreset({
  name: 'fail-open-5s',
  symptom: 'handshakes are fine, most requests too, but some responses come exactly 5 s late, in every arm',
  mimics: 'a URL filter that queries a service, waits 5 s, then lets the request pass (common knowledge)',
  causes: ['fixed-wait'],
  takes: ['connections'],
  vary: (draw) => ({ share: draw.percent(3, 30), delay: draw.pick(['2s', '4s', '5s', '8s', '10s']) }),
  parameters: {
    share: share({ help: 'connections whose request is held', fallback: 0.05, min: 0.0001, max: 1 }),
    delay: milliseconds({ help: 'how long a request is held', fallback: 5_000, min: 1, max: 600_000 }),
  },
  async apply(lab, values) {
    await loadMiddlebox(
      lab,
      { ports: 'open', among: byChance(values.share) },
      { roundTripMs: 0, holdMs: values.delay, cutMs: 0, cutFrom: 'start' },
    );
  },
});
