import { loadFirewall } from '../firewall.ts';
import { oneOf, share } from '../parameters.ts';
import { definePreset } from '../preset.ts';
import { byChance } from '../ruleset.ts';
import { INSIDE, OUTSIDE } from '../topology.ts';

/**
 * The first segment with data, and never the one that is sent again: of either direction it is the third packet at the
 * latest (SYN, ACK, request; SYN-ACK, ACK of the request, response), and dropped ones are counted, too.
 */
const FIRST_DATA = 'tcp flags & (syn|fin|rst|psh) == psh';

export const firstSegmentLoss = definePreset({
  name: 'first-segment-loss',
  symptom: 'every handshake is fine; some first bytes come 0.2 s late, because a segment was sent again',
  mimics:
    'inspection that drops the packet it was looking at, a NAT that has not installed a session yet (common knowledge)',
  isRulesAlone: true,
  causes: ['loss-after-handshake'],
  vary: (draw) => ({ loss: draw.percent(2, 20), direction: draw.pick(['out', 'in']) }),
  parameters: {
    loss: share({ help: 'connections whose first segment is lost', fallback: 0.05, min: 0.0001, max: 1 }),
    direction: oneOf(['out', 'in'], {
      help: 'which one: the request, or the first segment of the response',
      fallback: 'out',
    }),
  },
  async apply(lab, { loss, direction }) {
    const [from, way] = direction === 'out' ? [INSIDE, 'original'] : [OUTSIDE, 'reply'];
    await loadFirewall(lab, {
      forward: [`iifname "${from}" ct ${way} packets <= 3 ${FIRST_DATA} ${byChance(loss)} drop`],
    });
  },
});
