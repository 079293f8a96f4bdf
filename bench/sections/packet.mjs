import { layCable } from '../cable.mjs';
import { shareOutCpus } from '../cpus.mjs';
import { hit } from '../hit.mjs';
import { measure } from '../measure.mjs';

/** Hosts that the packet engine plays: enough for their ports never to run out. */
const EMULATE = ['--engine', 'packet', '--emulate', '10.213.1.0/28'];

/** Packets of one's own against sockets, over a cable: a connection's processor time, and how many there are. */
export const packet = {
  name: 'packet',
  about:
    'the packet engine against the raw engine and ab over veth: processor time of the client, start-up taken off',
  better: 'less',
  async *measure({ quick, scratch }) {
    if (process.getuid?.() !== 0) return;
    const cpus = shareOutCpus();
    const cable = await layCable(cpus.server);
    const where = { scratch, cpu: cpus.client, prefix: cable.near };
    const count = quick ? 10_000 : 100_000;
    const cost = async (...args) => {
      const load = [...args, '-c', '100', '--workers', '1'];
      const startUp = await hit([...load, '-n', '100'], where);
      const run = await hit([...load, '-n', String(count)], where);
      return { cpuUs: (run.cpuUs - startUp.cpuUs) / count, perSec: run.perSec };
    };
    const url = `http://${cable.address}/`;
    const ab = async () => {
      const command = [...cable.near, 'ab', '-q', '-n', String(count), '-c', '100', url];
      const { userUs, systemUs, output } = await measure(command, where);
      const perSec = Number(/Requests per second:\s+([\d.]+)/.exec(output)?.[1]);
      return { cpuUs: (userUs + systemUs) / count, perSec };
    };
    try {
      const [raw, packets, others] = [await cost(url), await cost(url, ...EMULATE), await ab()];
      yield ['HTTP, processor time of raw', packets.cpuUs / raw.cpuUs];
      yield ['HTTP, processor time of ab', packets.cpuUs / others.cpuUs];
      yield ['HTTP, time a connection of raw', raw.perSec / packets.perSec];
      yield ['HTTP, time a connection of ab', others.perSec / packets.perSec];
      const bare = [`tcp://${cable.address}:80`, '--close', 'reset'];
      const [rawBare, packetsBare] = [await cost(...bare), await cost(...bare, ...EMULATE)];
      yield ['handshake + RST, processor time of raw', packetsBare.cpuUs / rawBare.cpuUs];
      yield ['handshake + RST, time a connection of raw', rawBare.perSec / packetsBare.perSec];
    } finally {
      await cable.stop();
    }
  },
};
