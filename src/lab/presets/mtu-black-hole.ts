import { loadFirewall } from '../firewall.ts';
import { wholeNumber } from '../parameters.ts';
import { definePreset } from '../preset.ts';

/** Ten segments and more: enough for a response that does not fit one packet. */
const RESPONSE_BYTES = 16_384;

export const mtuBlackHole = definePreset({
  name: 'mtu-black-hole',
  symptom: 'connects at once, then large packets vanish without an error; a smaller MSS fixes it',
  mimics: 'a tunnel of smaller MTU whose ICMP "fragmentation needed" is filtered (RFC 2923, section 2.1)',
  causes: ['mtu-black-hole'],
  vary: (draw) => ({ mtu: String(draw.whole(900, 1_480)) }),
  parameters: {
    mtu: wholeNumber({
      help: 'longest packet that passes, IP header included',
      fallback: 1_400,
      min: 576,
      max: 1_499,
    }),
  },
  farEnd: () => ({ responseBytes: RESPONSE_BYTES }),
  async apply(lab, { mtu }) {
    await loadFirewall(lab, { forward: [`meta length > ${mtu} drop`] });
  },
});
