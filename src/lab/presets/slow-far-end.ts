import { loadFirewall } from '../firewall.ts';
import { programLine } from '../launch.ts';
import { milliseconds, wholeNumber } from '../parameters.ts';
import { definePreset } from '../preset.ts';

export const slowFarEnd = definePreset({
  name: 'slow-far-end',
  symptom: 'stalls on the SYN schedule regardless of source port; ListenOverflows grows at the far end',
  mimics: 'a proxy too busy to accept, with a short accept queue: no firewall to blame',
  causes: ['accept-queue'],
  takes: ['far-end'],
  vary: (draw) => ({
    ...{ backlog: String(draw.whole(2, 16)), pause: `${draw.whole(700, 3_000)}ms` },
    run: `${draw.whole(50, 200)}ms`,
  }),
  parameters: {
    backlog: wholeNumber({ help: 'accept queue of the far end', fallback: 8, min: 1, max: 4_096 }),
    pause: milliseconds({ help: 'how long it accepts nothing', fallback: 900, min: 10, max: 60_000 }),
    run: milliseconds({ help: 'how long it then works', fallback: 100, min: 10, max: 60_000 }),
  },
  async apply(lab, { backlog }) {
    await loadFirewall(lab);
    // listen(2) uses the lower of this and what the program requests.
    await lab.far.setSysctls({ 'net.core.somaxconn': backlog });
  },
  async disturb(lab, pid, { pause, run }) {
    lab.launch(`stop-resume-${pid}`, lab.far, programLine('stop-resume', ...[pid, pause, run].map(String)));
  },
});
