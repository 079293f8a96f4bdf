import { answerTo, countedBy, limitRule } from '../counted.ts';
import { loadFirewall, OUTGOING_SYN } from '../firewall.ts';
import { wholeNumber } from '../parameters.ts';
import { definePreset } from '../preset.ts';

export const tableLimit = definePreset({
  name: 'table-limit',
  symptom: 'SYNs vanish, or are refused, while more than the limit of connections are open',
  mimics:
    'a full session table, a licence limit, or a limit of sessions per source or port (common knowledge, no single vendor)',
  isRulesAlone: true,
  needs: 'nft_connlimit',
  causes: ['open-limit'],
  vary: (draw) => {
    const per = draw.pick(['all', 'all', 'source', 'port']);
    const limit = per === 'source' ? draw.whole(5, 60) : draw.whole(30, 600);
    return { limit: String(limit), per, full: draw.pick(['drop', 'drop', 'reset', 'icmp']) };
  },
  parameters: {
    limit: wholeNumber({ help: 'connections open at once', fallback: 500, min: 1, max: 50_000 }),
    full: answerTo('a SYN beyond'),
    per: countedBy(),
  },
  async apply(lab, { limit, full, per }) {
    // nf_conntrack_max applies to the whole machine (read-only in namespaces); a count in a rule only to the lab.
    const { declarations, rule } = limitRule('open', OUTGOING_SYN, per, `ct count over ${limit}`, full);
    await loadFirewall(lab, { declarations, forward: [rule] });
  },
});
