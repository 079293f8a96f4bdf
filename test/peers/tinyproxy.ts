import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startPeer, stopPeer } from './peer.ts';

export interface Tinyproxy {
  readonly port: number;
  stop(): Promise<void>;
}

/** A real tinyproxy on loopback that wants Basic credentials; it closes every connection, after a 407 as well. */
export async function startTinyproxy(user: string, password: string): Promise<Tinyproxy> {
  const port = await freePort();
  const dir = await mkdtemp(join(tmpdir(), 'rushhour-tinyproxy-'));
  const config = join(dir, 'tinyproxy.conf');
  await writeFile(
    config,
    [
      `Port ${port}`,
      'Listen 127.0.0.1',
      'Allow 127.0.0.1',
      'MaxClients 200',
      'Timeout 60',
      `BasicAuth ${user} ${password}`,
      `LogFile "${dir}/log"`,
      '',
    ].join('\n'),
  );
  const child = await startPeer('tinyproxy', ['-d', '-c', config], port);
  return {
    port,
    async stop() {
      await stopPeer(child);
      await rm(dir, { recursive: true, force: true });
    },
  };
}
