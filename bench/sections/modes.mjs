import { hit } from '../hit.mjs';

/** What credentials and TLS take, against the same load without. */
export const modes = {
  name: 'modes',
  about: 'CPU a connection against plain HTTP, start-up taken off',
  better: 'less',
  async *measure({ quick, scratch, server, cpu }) {
    const count = quick ? 5_000 : 30_000;
    const cost = async (...args) => {
      const where = { scratch, cpu };
      const load = [...args, '-c', '50', '--workers', '1'];
      const startUp = await hit([...load, '-n', '50'], where);
      const run = await hit([...load, '-n', String(count)], where);
      return (run.cpuUs - startUp.cpuUs) / count;
    };
    const plain = await cost(server.url);
    yield ['basic', (await cost(server.url, '-u', 'user:password')) / plain];
    const portable = await cost(server.url, '--engine', 'portable');
    yield ['portable engine', portable / plain];
    if (server.tlsUrl !== undefined) yield ['TLS', (await cost(server.tlsUrl, '-k')) / plain];
  },
};
