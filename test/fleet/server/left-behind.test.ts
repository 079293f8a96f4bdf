import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { suiteNeeding } from '../../support/suite-needing.ts';
import { FleetOfCommands } from '../fleet-of-commands.ts';

suiteNeeding('a server whose program was killed', ['linux', 'nats-server'], () => {
  let fleet: FleetOfCommands;
  beforeEach(async () => {
    fleet = await FleetOfCommands.make({});
  });
  afterEach(() => fleet.close());
  const servers = (): string[] =>
    readdirSync('/proc').filter((pid) => {
      try {
        const conf = join(fleet.dir, 'fleet/nats-server.conf');
        return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(conf);
      } catch {
        return false;
      }
    });

  it('is ended by the next in its folder, which then has the port and the streams for itself', async () => {
    const first = await fleet.up('a');
    const [left] = servers();
    const killed = once(first, 'exit');
    first.kill('SIGKILL');
    await killed;
    expect(servers()).toEqual([left]);
    const second = await fleet.up();
    expect(fleet.said(second).err).toContain('a nats-server that outlived its "rushhour fleet up" was ended');
    expect(servers()).toHaveLength(1);
    expect(servers()).not.toContain(left);
    expect((await fleet.call('fleet', 'ls')).code).toBe(0);
    await fleet.end(second, 'SIGTERM');
    expect(servers()).toEqual([]);
    expect(existsSync(join(fleet.dir, 'fleet/running.json'))).toBe(false);
  });

  it('says who may be at its port, and how to be rid of it', async () => {
    const other = createServer().listen(fleet.port, '127.0.0.1');
    await once(other, 'listening');
    try {
      const { code, err } = await fleet.call('fleet', 'up', '--port', String(fleet.port));
      expect(code).toBe(5);
      expect(err).toContain('another server is at that port, such as that of Debian’s package');
    } finally {
      await new Promise((closed) => other.close(closed));
    }
  });

  it('is left alone while its program is there: a second one would write the same streams', async () => {
    const first = await fleet.up('a');
    const [own] = servers();
    const settings = readFileSync(join(fleet.dir, 'fleet/server.json'), 'utf8');
    // At another port, nothing else would keep it from starting.
    const { code, err } = await fleet.call('fleet', 'up', '--port', String(fleet.port + 1));
    expect(code).toBe(5);
    expect(err).toContain(`process ${first.pid} runs the server of `);
    expect(servers()).toEqual([own]);
    expect(readFileSync(join(fleet.dir, 'fleet/server.json'), 'utf8')).toBe(settings);
    expect((await fleet.call('fleet', 'ls')).code).toBe(0);
  });
});
