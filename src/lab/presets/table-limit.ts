import { loadFirewall, OUTGOING_SYN } from '../firewall.ts';
import { oneOf, wholeNumber } from '../parameters.ts';
import { definePreset } from '../preset.ts';

export const tableLimit = definePreset({
  name: 'table-limit',
  symptom: 'SYNs to any destination vanish while more than the limit of connections are open',
  mimics: 'a full session table, or a licence limit on sessions (common knowledge, no single vendor)',
  isRulesAlone: true,
  causes: ['open-limit'],
  vary: (draw) => ({ limit: String(draw.whole(30, 600)), full: draw.pick(['drop', 'drop', 'reset']) }),
  parameters: {
    limit: wholeNumber({ help: 'connections open at once', fallback: 500, min: 1, max: 50_000 }),
    full: oneOf(['drop', 'reset'], {
      help: 'what a SYN beyond meets: nothing, or an RST',
      fallback: 'drop',
    }),
  },
  async apply(lab, { limit, full }) {
    // nf_conntrack_max applies to the whole machine (read-only in namespaces); a count in a rule only to the lab.
    await loadFirewall(lab, {
      forward: [
        `${OUTGOING_SYN} ct count over ${limit} ${full === 'drop' ? 'drop' : 'reject with tcp reset'}`,
      ],
    });
  },
});
