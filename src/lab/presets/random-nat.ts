import { loadFirewall } from '../firewall.ts';
import { wholeSeconds } from '../parameters.ts';
import { clientTimestamps, definePreset } from '../preset.ts';
import { DROP_BARE_ACK } from '../timewait.ts';

export const randomNat = definePreset({
  name: 'random-nat',
  symptom:
    'handshakes freeze at random, more with every second, until as many ports rest as are freed: no age and no port of the client has to do with it',
  mimics:
    "Linux' masquerade fully-random in front of a strict firewall: each connection gets a random port of 64,512",
  isRulesAlone: true,
  needs: 'nft_masq',
  causes: ['early-reuse'],
  takes: ['nat'],
  vary: (draw) => ({ t: draw.seconds(1, 5) }),
  parameters: {
    t: wholeSeconds({
      help: "the firewall's TIME_WAIT: from the last FIN until the port may be given out again",
      fallback: 1,
      min: 1,
      max: 600,
    }),
    timestamps: clientTimestamps('off'),
  },
  async apply(lab, { t }) {
    await loadFirewall(lab, {
      forward: [DROP_BARE_ACK],
      nat: { finSec: t, rstSec: t, byKernel: 'masquerade fully-random' },
    });
  },
});
