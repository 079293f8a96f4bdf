import { loadFirewall } from '../firewall.ts';
import { oneOf, wholeNumber } from '../parameters.ts';
import { definePreset } from '../preset.ts';
import { INSIDE, OUTSIDE } from '../topology.ts';

export const deadPath = definePreset({
  name: 'dead-path',
  symptom:
    'a fixed share of the connections is never answered, however often the SYN is sent again; the others are at once',
  mimics:
    'a member of a link group, an equal-cost route or a node of a cluster that is dead, and that a hash of addresses and ports still chooses (RFC 2992)',
  isRulesAlone: true,
  causes: ['dead-path'],
  vary: (draw) => ({
    ...{ paths: String(draw.whole(2, 8)), seed: String(draw.whole(1, 9_999)) },
    direction: draw.pick(['out', 'in']),
  }),
  parameters: {
    paths: wholeNumber({
      help: 'over how many connections are spread, one of them dead',
      fallback: 4,
      min: 2,
      max: 64,
    }),
    direction: oneOf(['out', 'in'], {
      help: 'on the way from the clients, or back to them',
      fallback: 'out',
    }),
    seed: wholeNumber({
      help: 'which connections it hits: another seed, others',
      fallback: 1,
      min: 0,
      max: 65_535,
    }),
  },
  async apply(lab, { paths, direction, seed }) {
    const [from, fields] =
      direction === 'out'
        ? [INSIDE, 'ip saddr . tcp sport . ip daddr . tcp dport']
        : [OUTSIDE, 'ip daddr . tcp dport . ip saddr . tcp sport'];
    await loadFirewall(lab, {
      forward: [`iifname "${from}" ip protocol tcp jhash ${fields} mod ${paths} seed ${seed} 0 drop`],
    });
  },
});
