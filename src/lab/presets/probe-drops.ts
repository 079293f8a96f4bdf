import { loadFirewall } from '../firewall.ts';
import { oneOf, share, wholeNumber } from '../parameters.ts';
import { definePreset } from '../preset.ts';
import { byChance, chain } from '../ruleset.ts';

/** Bytes that wait at most: two small packets. */
const QUEUE_BYTES = 200;
/** The smallest burst that lets a full packet pass. */
const BURST_BYTES = 1_600;

export const probeDrops = definePreset({
  name: 'probe-drops',
  symptom: "SYNs vanish before they leave the clients' own machine, which counts them",
  mimics: "the measuring machine's own firewall, or its own queue: nothing on the way to blame",
  causes: ['probe'],
  needs: 'sch_tbf',
  vary: (draw) => ({ how: draw.pick(['output', 'queue']), share: draw.percent(2, 30) }),
  parameters: {
    how: oneOf(['output', 'queue'], {
      help: "what drops: the output hook of the machine's own nftables, or a queue that is too short (tc-tbf)",
      fallback: 'output',
    }),
    share: share({ help: 'SYNs that the output hook drops', fallback: 0.05, min: 0.0001, max: 1 }),
    kbit: wholeNumber({ help: 'kbit/s that the queue lets through', fallback: 128, min: 8, max: 1_000_000 }),
  },
  async apply(lab, values) {
    await loadFirewall(lab);
    if (values.how === 'output') {
      const rule = `tcp flags & (syn|ack) == syn ${byChance(values.share)} drop`;
      const rules = chain('out', 'type filter hook output priority filter', [rule]);
      await lab.client.loadRules(['table ip own {', ...rules, '}', ''].join('\n'));
      return;
    }
    const tbf = ['tbf', 'rate', `${values.kbit}kbit`, 'burst', String(BURST_BYTES)];
    await lab.client.run(
      'tc',
      'qdisc',
      'add',
      'dev',
      'eth0',
      'root',
      ...tbf,
      'limit',
      String(BURST_BYTES + QUEUE_BYTES),
    );
  },
});
