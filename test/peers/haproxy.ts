import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startPeer, stopPeer } from './peer.ts';

export interface HAProxy {
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * A real HAProxy on loopback that asks everybody for credentials, as it does of its own: by 401.
 * @param asksAsProxy by 407, of requests that go to a proxy (`option http-use-proxy-header`)
 */
export async function startHAProxy(user: string, password: string, asksAsProxy = false): Promise<HAProxy> {
  const port = await freePort();
  const dir = await mkdtemp(join(tmpdir(), 'rushhour-haproxy-'));
  const config = join(dir, 'haproxy.cfg');
  await writeFile(
    config,
    `
defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 10s
userlist known
  user ${user} insecure-password ${password}
frontend in
  bind 127.0.0.1:${port}
  ${asksAsProxy ? 'option http-use-proxy-header' : ''}
  http-request auth realm rushhour unless { http_auth(known) }
  http-request return status 200 content-type text/plain string hello
`,
  );
  const child = await startPeer('haproxy', ['-db', '-f', config], port);
  return {
    port,
    async stop() {
      await stopPeer(child);
      await rm(dir, { recursive: true, force: true });
    },
  };
}
