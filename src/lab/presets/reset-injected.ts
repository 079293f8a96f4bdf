import { loadFirewall, OUTGOING_SYN } from '../firewall.ts';
import { oneOf, share } from '../parameters.ts';
import { definePreset } from '../preset.ts';
import { byChance } from '../ruleset.ts';
import { INSIDE } from '../topology.ts';

/** The first data of the client, on its way out. */
const REQUEST = `iifname "${INSIDE}" ct original packets <= 3 tcp flags & (syn|fin|rst|psh) == psh`;

export const resetInjected = definePreset({
  name: 'reset-injected',
  symptom:
    'connections are reset at random, at the SYN or at the request, by something that is not the far end',
  mimics: 'an IPS or a content filter that resets what it does not like (RFC 3360; common knowledge)',
  isRulesAlone: true,
  causes: ['reset-injected'],
  vary: (draw) => ({ share: draw.percent(2, 30), at: draw.pick(['syn', 'request']) }),
  parameters: {
    share: share({ help: 'connections that are reset', fallback: 0.05, min: 0.0001, max: 1 }),
    at: oneOf(['syn', 'request'], {
      help: 'when: instead of a SYN-ACK, or at the first segment after the handshake',
      fallback: 'syn',
    }),
  },
  async apply(lab, values) {
    const match = values.at === 'syn' ? OUTGOING_SYN : REQUEST;
    // Only the client hears it: nftables answers the sender, and drops the packet.
    await loadFirewall(lab, { forward: [`${match} ${byChance(values.share)} reject with tcp reset`] });
  },
});
