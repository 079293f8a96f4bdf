import { loadFirewall } from '../firewall.ts';
import { wholeSeconds } from '../parameters.ts';
import { definePreset } from '../preset.ts';
import { natOf, pickOrder, poolSize, sizeOfPool } from '../timewait.ts';

export const smallNatPool = definePreset({
  name: 'small-nat-pool',
  symptom: 'connects well until the pool is used up, then SYNs vanish; another destination port still works',
  mimics:
    'any NAT whose ports per destination are fewer than rate x TIME_WAIT; 120 s as Linux and GCP NAT (vendor documents)',
  isRulesAlone: true,
  // The far end holds ports for 60 s: those that come back sooner meet that as well.
  causes: ({ t }) => (t < 63 ? ['nat-ports', 'early-reuse'] : ['nat-ports']),
  takes: ['nat'],
  vary: (draw) => ({
    ...{ ports: String(draw.whole(60, 600)), t: draw.seconds(5, 120) },
    pick: draw.pick(['in-turn', 'random']),
  }),
  parameters: {
    ports: poolSize(500),
    t: wholeSeconds({ help: 'TIME_WAIT of the firewall', fallback: 120, min: 1, max: 600 }),
    rst: wholeSeconds({ help: 'the same after an RST', fallback: 10, min: 1, max: 600 }),
    pick: pickOrder(),
  },
  natPorts: sizeOfPool,
  async apply(lab, values) {
    await loadFirewall(lab, { nat: natOf(values, values.rst) });
  },
});
