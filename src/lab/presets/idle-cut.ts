import { loadMiddlebox } from '../middlebox.ts';
import { oneOf, wholeSeconds } from '../parameters.ts';
import { definePreset } from '../preset.ts';

export const idleCut = definePreset({
  name: 'idle-cut',
  symptom: 'idle connections are reset at the same age',
  mimics: 'a session timeout that resets both sides, such as FortiGate timeout-send-rst (common knowledge)',
  causes: ['age-limit'],
  takes: ['connections'],
  vary: (draw) => ({ age: draw.seconds(5, 30), from: draw.pick(['last-byte', 'start']) }),
  parameters: {
    age: wholeSeconds({ help: 'age at which it cuts', fallback: 30, min: 1, max: 86_400 }),
    from: oneOf(['last-byte', 'start'], { help: 'what the age counts from', fallback: 'last-byte' }),
  },
  async apply(lab, { age, from }) {
    await loadMiddlebox(
      lab,
      { ports: 'open' },
      { roundTripMs: 0, holdMs: 0, cutMs: age * 1_000, cutFrom: from },
    );
  },
});
