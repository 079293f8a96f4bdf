import { createServer } from 'node:net';
import { afterAll, expect, it } from 'vitest';
import { readLocalNetwork } from '../../src/run/local-network.ts';
import { suiteNeeding } from '../support/suite-needing.ts';

suiteNeeding('the network of this machine', ['linux'], () => {
  const server = createServer();
  afterAll(() => server.close());

  it('has the ports that something listens on blocked, and loopback among its interfaces', async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { blockedPorts, interfaces } = readLocalNetwork();
    expect(blockedPorts).toContainEqual({ from: port, to: port });
    expect(interfaces['lo']?.map((info) => info.address)).toContain('127.0.0.1');
  });
});
