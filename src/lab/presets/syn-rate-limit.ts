import { answerTo, countedBy, limitRule } from '../counted.ts';
import { loadFirewall, OUTGOING_SYN } from '../firewall.ts';
import { wholeNumber } from '../parameters.ts';
import { definePreset } from '../preset.ts';

export const synRateLimit = definePreset({
  name: 'syn-rate-limit',
  symptom: 'clean up to the limit; above it, excess SYNs are dropped evenly and immediately',
  mimics:
    'a connection rate limit or DoS policy per interface, per source or per port (common knowledge, no single vendor)',
  isRulesAlone: true,
  causes: ['rate-limit'],
  vary: (draw) => {
    const per = draw.pick(['all', 'all', 'source', 'port']);
    // Ten clients share 50/s or more.
    const rate = per === 'source' ? draw.whole(1, 4) : draw.whole(8, 40);
    return { rate: String(rate), burst: String(draw.whole(1, per === 'source' ? 10 : 100)), per };
  },
  parameters: {
    rate: wholeNumber({ help: 'SYN/s let through', fallback: 200, min: 1, max: 100_000 }),
    burst: wholeNumber({
      help: 'SYNs let through in a burst above the rate',
      fallback: 20,
      min: 1,
      max: 10_000,
    }),
    per: countedBy(),
    answer: answerTo('a SYN above the rate'),
  },
  async apply(lab, { rate, burst, per, answer }) {
    const limit = `limit rate over ${rate}/second burst ${burst} packets`;
    const { declarations, rule } = limitRule('metered', OUTGOING_SYN, per, limit, answer);
    await loadFirewall(lab, { declarations, forward: [rule] });
  },
});
