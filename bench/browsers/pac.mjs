/** A server of a PAC file, in all the ways in which one fails. */
import { once } from 'node:events';
import { createServer } from 'node:http';

/** @returns what a browser is told: where the PAC file is */
export async function startPac({ kind, address, port, proxies }) {
  const list = proxies.map((proxy) => `PROXY ${proxy}`).join('; ');
  const answers = {
    // What browsers ask of their makers goes past the proxies, and nowhere.
    good: [
      200,
      `function FindProxyForURL(url, host) { return shExpMatch(host, "*.test") ? ${JSON.stringify(list)} : "DIRECT"; }`,
    ],
    404: [404, 'not here'],
    'syntax error': [200, 'function FindProxyForURL(url, host) { return "PROXY '],
    empty: [200, ''],
    'an exception': [200, 'function FindProxyForURL() { throw new Error("no"); }'],
  };
  const url = `http://${address}:${port}/proxy.pac`;
  if (kind === 'refused') return { url, stop: () => undefined };
  const server = createServer((_request, response) => {
    if (kind === 'silent') return;
    const [status, body] = answers[kind];
    response.writeHead(status, { 'content-type': 'application/x-ns-proxy-autoconfig' });
    response.end(body);
  });
  server.listen(port, address);
  await once(server, 'listening');
  return {
    url,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
