import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { type FleetOptions, FleetTransport, SilentError } from '../../../src/fleet/link/transport.ts';

it('waits no longer than it may for a server that takes connections and says nothing, and says so', async () => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on('error', () => {}))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const options: FleetOptions = { ca: '', connectWithinMs: 200 };
  const transport = new FleetTransport();
  const at = { hostname: '127.0.0.1', port, tlsName: '', src: `tls://127.0.0.1:${port}` };
  const failed = await transport.connect(at, options).catch((error: Error) => error);
  expect(failed).toBeInstanceOf(SilentError);
  expect(failed).toMatchObject({
    message: 'it takes connections, but nothing came from it within 0.2 s',
  });
  await transport.close();
});
