import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { afterAll, expect, it } from 'vitest';
import { readLocalNetwork } from '../../../src/session/load/local-network.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';

suiteNeeding('the network of this machine', ['linux'], () => {
  const portOf = (one: Server): number => (one.address() as AddressInfo).port;
  const server = createServer();
  afterAll(() => server.close());

  it('has the ports that something listens on blocked, and loopback among its interfaces', async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const port = portOf(server);
    const { blockedPorts, interfaces } = readLocalNetwork();
    expect(blockedPorts).toContainEqual({ from: port, to: port });
    expect(interfaces['lo']?.map((info) => info.address)).toContain('127.0.0.1');
  });

  it('has them all where there are connections too, and no port of those', async () => {
    const client = connect(portOf(server), '127.0.0.1');
    await once(client, 'connect');
    const later = createServer().listen(0, '127.0.0.1');
    await once(later, 'listening');
    const blocked = readLocalNetwork().blockedPorts.filter(({ from, to }) => from === to);
    const ports = blocked.map(({ from }) => from);
    expect(ports).toEqual(expect.arrayContaining([portOf(server), portOf(later)]));
    expect(ports).not.toContain(client.localPort);
    client.destroy();
    later.close();
  });
});
