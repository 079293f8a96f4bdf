import { median } from '../figures.mjs';
import { hit } from '../hit.mjs';

/** As small as a load may be and still be rehearsed: its cost is start-up, rehearsal, and the first connections. */
const FIRST = 1e3;

/** A start-up differs from the next by more than thousands of connections cost: short loads have several turns. */
const TURNS = { [FIRST]: 7, 1e4: 7, 1e5: 3, 1e6: 1 };

/** What a connection costs in a load of 10^4 to 10^6 once the code is rehearsed, and what all that comes before costs. */
export const size = {
  name: 'size',
  about: `CPU a connection after the first ${FIRST}, against a load of 10^4; of the first, all told, against the same`,
  better: 'less',
  async *measure({ quick, scratch, server, cpu }) {
    const sizes = quick ? [1e4, 1e5] : [1e4, 1e5, 1e6];
    const run = (count) =>
      hit([server.url, '-n', String(count), '-c', '100', '--workers', '1'], { scratch, cpu });
    const spent = new Map([100, FIRST, ...sizes].map((count) => [count, []]));
    for (let turn = 0; turn < TURNS[FIRST]; turn += 1) {
      for (const [count, turns] of spent)
        if (turn < (TURNS[count] ?? TURNS[FIRST])) turns.push((await run(count)).cpuUs);
    }
    const cpuUs = (count) => median(spent.get(count));
    const cost = (count) => (cpuUs(count) - cpuUs(FIRST)) / (count - FIRST);
    yield ['10^3, all told', (cpuUs(FIRST) - cpuUs(100)) / (FIRST - 100) / cost(1e4)];
    for (const count of sizes.slice(1))
      yield [`10^${Math.log10(count)}, beyond 10^3`, cost(count) / cost(1e4)];
  },
};
