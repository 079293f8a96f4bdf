import { loadFirewall } from '../firewall.ts';
import { programLine } from '../launch.ts';
import { milliseconds } from '../parameters.ts';
import { definePreset } from '../preset.ts';

/** How long it works each time: as long as two connections take, on a slow machine. */
const WORK_MS = 10;

export const acceptQueueOne = definePreset({
  name: 'accept-queue-one',
  symptom: 'few connections at once work; of a burst, most stall, whoever sends them; ListenOverflows grows',
  mimics:
    'a small server that calls listen() with a backlog of 1 and accepts now and then (listen(2): Linux then queues two)',
  causes: ['accept-queue'],
  takes: ['far-end'],
  vary: (draw) => ({ every: `${draw.whole(100, 1_000)}ms` }),
  parameters: {
    every: milliseconds({ help: 'from one accept to the next', fallback: 200, min: 20, max: 60_000 }),
  },
  async apply(lab) {
    await loadFirewall(lab);
    // listen(2) uses the lower of this and what the program requests.
    await lab.far.setSysctls({ 'net.core.somaxconn': 1 });
  },
  async disturb(lab, pid, { every }) {
    const line = programLine('stop-resume', ...[pid, every - WORK_MS, WORK_MS].map(String));
    lab.launch(`stop-resume-${pid}`, lab.far, line);
  },
});
