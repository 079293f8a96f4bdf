import { hit } from '../hit.mjs';

/** What a connection costs in a load of 10^3 to 10^6, start-up taken off, against one in a load of 10^4. */
export const size = {
  name: 'size',
  about: 'CPU a connection against a load of 10^4, start-up taken off',
  better: 'less',
  async *measure({ quick, scratch, server, cpu }) {
    const sizes = quick ? [1e4, 1e5] : [1e3, 1e4, 1e5, 1e6];
    const load = (count) =>
      hit([server.url, '-n', String(count), '-c', '100', '--workers', '1'], { scratch, cpu });
    const startUp = await load(100);
    const cost = new Map();
    for (const count of sizes) cost.set(count, ((await load(count)).cpuUs - startUp.cpuUs) / count);
    for (const count of sizes)
      if (count !== 1e4) yield [`10^${Math.log10(count)}`, cost.get(count) / cost.get(1e4)];
  },
};
