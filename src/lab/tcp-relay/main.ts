import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { originalPort, REDIRECT, TCP_RELAY_READY, type TcpRelayOptions } from './protocol.ts';
import { relayTcp } from './tcp-relay.ts';

/**
 * A middlebox that terminates TCP: it accepts the connections that the firewall's rules redirect to it, opens another
 * to each one's destination, and relays bytes. Runs until it is killed. Its one argument is {@link TcpRelayOptions} as
 * JSON.
 */
const options = JSON.parse(process.argv[2] ?? '') as TcpRelayOptions;

const servers: Server[] = [];
for (let high = 0; high < 256; high += 1) {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    relayTcp(client, originalPort(client.localAddress ?? '', client.localPort ?? 0), options);
  });
  server.listen({ host: '0.0.0.0', port: REDIRECT.firstPort + high, backlog: 4_096 });
  servers.push(server);
}
await Promise.all(servers.map((server) => once(server, 'listening')));
process.stdout.write(`${TCP_RELAY_READY}\n`);
