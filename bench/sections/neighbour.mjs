import { median } from '../figures.mjs';
import { measure } from '../measure.mjs';
import { startNeighbour } from '../neighbour.mjs';
import { TOOLS } from '../tools.mjs';

const CONCURRENCY = 100;
/** The share of a load whose cost a rushhour of that many connections alone tells: start-up and rehearsal. */
const FIRST = 1_000;

/** The raw engine next to ab, each alone and beside a program that wants the caches for itself. */
export const neighbour = {
  name: 'neighbour',
  about:
    'the raw engine beside a program that reads 64 MiB at random, on the core of the client or of the server: ' +
    'connections/s and CPU a connection (start-up taken off) against ab',
  better: 'more',
  async *measure({ quick, scratch, server, cpu, serverCpu, beside = [] }) {
    const rounds = quick ? 2 : 5;
    const requests = quick ? 10_000 : 50_000;
    const contestants = [['rushhour', TOOLS.rushhour.find()], ...beside.map((path) => [path, path])];
    for (const [place, core] of [
      ['alone', undefined],
      ["on the server's core", serverCpu],
      ["on the client's core", cpu],
    ]) {
      if (place !== 'alone' && core === undefined) continue;
      const turns = new Map(['ab', ...contestants.map(([name]) => name)].map((name) => [name, []]));
      const walker = place === 'alone' ? undefined : await startNeighbour(core);
      try {
        for (let round = 0; round < rounds; round += 1) {
          const where = { scratch, cpu };
          const load = { url: server.url, port: server.port, requests, concurrency: CONCURRENCY, scratch };
          turns.get('ab').push(await take(TOOLS.ab, TOOLS.ab.find(), load, where));
          for (const [name, path] of contestants)
            turns.get(name).push(await take(TOOLS.rushhour, path, load, where));
        }
      } finally {
        const readNs = await walker?.stop();
        if (readNs !== undefined) yield [`${place}: a read of the neighbour's, ns`, readNs, 'less'];
      }
      const of = (name, figure) => median(turns.get(name).map((turn) => turn[figure]));
      for (const [name] of contestants) {
        yield [`${place}: ${name}, connections/s x ab`, of(name, 'perSec') / of('ab', 'perSec'), 'more'];
        yield [`${place}: ${name}, CPU x ab`, of(name, 'cpuUs') / of('ab', 'cpuUs'), 'less'];
        yield [`${place}: ${name}, user us`, of(name, 'userUs'), 'less'];
      }
      yield [`${place}: ab, user us`, of('ab', 'userUs'), 'less'];
    }
  },
};

/** One turn of a tool: what a connection costs it beyond the first {@link FIRST}, if it has a start-up to speak of. */
async function take(tool, path, load, where) {
  const first = tool.startUp && (await measure(tool.command(path, { ...load, requests: FIRST }), where));
  const whole = await measure(tool.command(path, load), where);
  const { completed, seconds } = tool.read(whole.output);
  const counted = completed - (first === undefined ? 0 : FIRST);
  const cost = (figure) => (whole[figure] - (first?.[figure] ?? 0)) / counted;
  const [userUs, systemUs] = [cost('userUs'), cost('systemUs')];
  return { perSec: completed / seconds, userUs, cpuUs: userUs + systemUs };
}
