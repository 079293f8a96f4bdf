import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { layCable } from '../cable.mjs';
import { shareOutCpus } from '../cpus.mjs';
import { play } from '../hit.mjs';
import { measure } from '../measure.mjs';

/** Hosts that the packet engine plays: enough for their ports never to run out. */
const EMULATE = ['--engine', 'packet', '--emulate', '10.213.1.0/28'];

/** A SYN, and an RST that answers it: the least that can become of an attempt. */
const describeRefusals = (address, attempts) => `
schema: 1
description: Connections to a port that is closed.
target: tcp://${address}:81
arms:
  refused:
    via: tcp
    expect: refused
    load: { concurrency: 1000, attempts: ${attempts}, for: 5m }
`;

/** Packets of one's own against sockets, over a cable: a connection's processor time, and how many there are. */
export const packet = {
  name: 'packet',
  about:
    'the packet engine against the raw engine and ab over veth: processor time of the client, start-up taken off; ' +
    'nginx at the far end, or what costs less: a responder in C that keeps nothing',
  better: 'less',
  async *measure({ quick, scratch }) {
    if (process.getuid?.() !== 0) return;
    const cpus = shareOutCpus();
    const cable = await layCable(cpus);
    const where = { scratch, cpu: cpus.client, prefix: cable.near };
    const count = quick ? 10_000 : 300_000;
    const cost = async (...args) => {
      const load = (requests) => [...args, '-c', '100', '--workers', '1', '-n', String(requests)];
      return takeOff(await play('hit', load(100), where), await play('hit', load(count), where), count);
    };
    const ab = async (url) => {
      const command = [...cable.near, 'ab', '-q', '-n', String(count), '-c', '100', url];
      const { userUs, systemUs, output } = await measure(command, where);
      const perSec = Number(/Requests per second:\s+([\d.]+)/.exec(output)?.[1]);
      return { cpuUs: (userUs + systemUs) / count, perSec };
    };
    const refuse = async (address, attempts, ...args) => {
      const load = async (number) => {
        const file = join(scratch, 'refusals.yaml');
        await writeFile(file, describeRefusals(address, number));
        return play('run', [file, '--workers', '1', ...args], where);
      };
      return takeOff(await load(100), await load(attempts), attempts);
    };
    try {
      const url = `http://${cable.address}/`;
      const [raw, packets, others] = [await cost(url), await cost(url, ...EMULATE), await ab(url)];
      yield ['HTTP, processor time of raw', packets.cpuUs / raw.cpuUs];
      yield ['HTTP, processor time of ab', packets.cpuUs / others.cpuUs];
      yield ['HTTP, time a connection of raw', raw.perSec / packets.perSec];
      yield ['HTTP, time a connection of ab', others.perSec / packets.perSec];
      const bare = [`tcp://${cable.address}:80`, '--close', 'reset'];
      const [rawBare, packetsBare] = [await cost(...bare), await cost(...bare, ...EMULATE)];
      yield ['handshake + RST, processor time of raw', packetsBare.cpuUs / rawBare.cpuUs];
      yield ['handshake + RST, time a connection of raw', rawBare.perSec / packetsBare.perSec];
      const responder = await cable.respond();
      try {
        const cheap = `http://${responder.address}/`;
        const [packetsCheap, othersCheap] = [await cost(cheap, ...EMULATE), await ab(cheap)];
        yield ['HTTP to the responder, processor time of ab', packetsCheap.cpuUs / othersCheap.cpuUs];
        yield ['HTTP to the responder, connections/s x ab', packetsCheap.perSec / othersCheap.perSec, 'more'];
        // Five times as many: at these rates, code is still being compiled when a fifth of them are over.
        const syns = await refuse(responder.address, 5 * count, ...EMULATE);
        const rawSyns = await refuse(responder.address, count);
        yield ['SYN answered by RST, per second', syns.perSec, 'more'];
        yield ['SYN answered by RST, x raw', syns.perSec / rawSyns.perSec, 'more'];
      } finally {
        responder.stop();
      }
    } finally {
      await cable.stop();
    }
  },
};

/** What an attempt costs beyond start-up, which a run of few tells. */
function takeOff(few, run, attempts) {
  return { cpuUs: (run.cpuUs - few.cpuUs) / attempts, perSec: run.perSec };
}
