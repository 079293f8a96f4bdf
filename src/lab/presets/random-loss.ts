import { loadFirewall } from '../firewall.ts';
import { oneOf, share } from '../parameters.ts';
import { definePreset } from '../preset.ts';
import { byChance } from '../ruleset.ts';
import { INSIDE, OUTSIDE } from '../topology.ts';

export const randomLoss = definePreset({
  name: 'random-loss',
  symptom: 'as many handshakes stall as packets are lost, equally in every arm and at any rate',
  mimics: 'a line that loses packets: the negative control, no firewall to blame',
  isRulesAlone: true,
  causes: ['loss'],
  vary: (draw) => ({ loss: draw.percent(1, 20), direction: draw.pick(['out', 'in', 'both']) }),
  parameters: {
    loss: share({ help: 'packets lost', fallback: 0.01, min: 0.0001, max: 1 }),
    direction: oneOf(['out', 'in', 'both'], {
      help: 'which packets: from the clients, to them, or both',
      fallback: 'out',
    }),
  },
  async apply(lab, { loss, direction }) {
    const interfaces = { out: [INSIDE], in: [OUTSIDE], both: [INSIDE, OUTSIDE] }[direction];
    await loadFirewall(lab, {
      forward: interfaces.map((name) => `iifname "${name}" ${byChance(loss)} drop`),
    });
  },
});
