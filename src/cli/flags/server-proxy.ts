import type { Command } from 'commander';

/** How a probe or an operator reaches the server where only a proxy lets connections out; fleet/link/read-proxy.ts reads them. */
export function addServerProxyOptions(command: Command): Command {
  return command
    .option('--server-proxy <host:port>', 'reach the server through this proxy, by CONNECT')
    .option(
      '--server-proxy-user <source>',
      'Basic, for that proxy: env:NAME or @file, which holds user:password',
    )
    .option('--server-proxy-negotiate', 'Negotiate, for that proxy: with the ticket cache, or the keytab')
    .option('--server-proxy-keytab <file>', 'keytab for that, of which the first principal is used')
    .option(
      '--server-proxy-service <name>',
      'service to get tickets for (default: HTTP@ and the name of the proxy)',
    );
}
