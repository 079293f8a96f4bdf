import { loadFirewall } from '../firewall.ts';
import { wholeNumber } from '../parameters.ts';
import { definePreset } from '../preset.ts';
import { INSIDE } from '../topology.ts';

export const efPolicer = definePreset({
  name: 'ef-policer',
  symptom: 'with DSCP EF, handshakes complete but requests never arrive; any other DSCP works',
  mimics:
    'a policer of the voice class (EF, RFC 3246) whose burst is smaller than a data packet (common knowledge)',
  isRulesAlone: true,
  causes: ['dscp-policer'],
  vary: (draw) => ({ bytes: String(draw.whole(90, 200)) }),
  parameters: {
    bytes: wholeNumber({
      help: 'longest EF packet that passes, IP header included',
      fallback: 100,
      min: 40,
      max: 1_500,
    }),
  },
  async apply(lab, { bytes }) {
    await loadFirewall(lab, { forward: [`iifname "${INSIDE}" ip dscp ef meta length > ${bytes} drop`] });
  },
});
