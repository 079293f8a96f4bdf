import { ADDRESSES } from '../addresses.ts';
import { loadFirewall } from '../firewall.ts';
import { oneOf, wholeSeconds } from '../parameters.ts';
import { clientTimestamps, definePreset } from '../preset.ts';
import { DROP_BARE_ACK } from '../timewait.ts';
import { OUTSIDE } from '../topology.ts';

const [one, other] = ADDRESSES.externalPair;

/** How the kernel chooses one of the two; it keeps the client's port where that is free. */
const CHOICES = {
  persistent: `snat to ${one}-${other} persistent`,
  split: `snat to ${one}-${other}`,
  random: `snat to numgen random mod 2 map { 0 : ${one}, 1 : ${other} }`,
} as const;

export const twoAddresses = definePreset({
  name: 'two-addresses',
  symptom: 'as timewait-1s, but half of the clients leave by another address: their ports cannot collide',
  mimics:
    "a NAT with two external addresses, by the source (nftables' persistent), by source and destination, or at random",
  isRulesAlone: true,
  causes: ['early-reuse'],
  takes: ['nat'],
  vary: (draw) => ({ pick: draw.pick(['persistent', 'split', 'random']), t: draw.seconds(1, 10) }),
  parameters: {
    pick: oneOf(['persistent', 'split', 'random'], {
      help: 'which address a connection gets: by its source, by source and destination, or at random',
      fallback: 'persistent',
    }),
    t: wholeSeconds({
      help: "the firewall's TIME_WAIT: from the last FIN until the port may be given out again",
      fallback: 1,
      min: 1,
      max: 600,
    }),
    timestamps: clientTimestamps('off'),
  },
  async apply(lab, { pick, t }) {
    await lab.firewall.configure([one, other].map((address) => `addr replace ${address}/24 dev ${OUTSIDE}`));
    await loadFirewall(lab, {
      forward: [DROP_BARE_ACK],
      nat: { finSec: t, rstSec: t, byKernel: CHOICES[pick] },
    });
  },
});
