import { availableParallelism } from 'node:os';
import { startFarEnd } from '../far-end.mjs';
import { hit } from '../hit.mjs';

/** Connect and RST, against a far end that does next to nothing: how much more workers open than one does. */
export const scaling = {
  name: 'scaling',
  about: 'connections/s of N workers against one, connect + RST',
  better: 'more',
  async *measure({ quick, scratch }) {
    const far = await startFarEnd('sink');
    const load = ['-n', quick ? '100000' : '400000', '-c', '100', '--close', 'reset'];
    const storm = (workers) =>
      hit([`tcp://127.0.0.1:${far.port}`, ...load, '--workers', String(workers)], { scratch });
    try {
      const one = await storm(1);
      for (let workers = 2; workers <= Math.min(4, availableParallelism()); workers *= 2) {
        yield [`${workers} workers`, (await storm(workers)).perSec / one.perSec];
      }
    } finally {
      far.stop();
    }
  },
};
