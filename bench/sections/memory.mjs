import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const HELD = join(import.meta.dirname, '..', 'held.mjs');

/** Bytes of the process for each connection that it holds: what many held take more than few. */
export const memory = {
  name: 'memory',
  about: 'bytes of resident memory a held connection',
  better: 'less',
  async *measure({ quick }) {
    const peak = async (connections) => {
      const { stdout } = await promisify(execFile)(process.execPath, [
        HELD,
        '--connections',
        String(connections),
      ]);
      return Number(/^peak RSS ([\d.]+) MiB/m.exec(stdout)[1]) * 2 ** 20;
    };
    const [few, many] = quick ? [1_000, 8_000] : [1_000, 19_000];
    yield ['bytes each', ((await peak(many)) - (await peak(few))) / (many - few)];
  },
};
