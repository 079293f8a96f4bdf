import { execFileSync } from 'node:child_process';
import { chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startPeer, stopPeer } from './peer.ts';

export interface Squid {
  readonly port: number;
  /** Lines of its access log: "status method url". */
  requests(): Promise<string[]>;
  stop(): Promise<void>;
}

/** A real Squid on loopback that forwards to loopback only, caches nothing and closes client connections. */
export async function startSquid(): Promise<Squid> {
  const port = await freePort();
  const dir = await mkdtemp(join(tmpdir(), 'rushhour-squid-'));
  await ownBySquid(dir);
  const config = join(dir, 'squid.conf');
  await writeFile(config, configuration(dir, port));
  const child = await startPeer('squid', ['-N', '-f', config], port);
  return {
    port,
    async requests() {
      const log = await readFile(join(dir, 'access.log'), 'utf8');
      return log.split('\n').filter((line) => line !== '');
    },
    async stop() {
      await stopPeer(child);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Started by root, Squid drops to Debian's user "proxy", which must be able to write there. */
async function ownBySquid(dir: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'proxy'], { encoding: 'utf8' }));
  await chown(dir, id('-u'), id('-g'));
}

function configuration(dir: string, port: number): string {
  return `
http_port 127.0.0.1:${port}
pid_filename ${dir}/squid.pid
cache deny all
cache_log ${dir}/cache.log
logformat short %>Hs %rm %ru
access_log stdio:${dir}/access.log short
acl loopback dst 127.0.0.0/8
http_access allow loopback
http_access deny all
client_persistent_connections off
shutdown_lifetime 0 seconds
coredump_dir ${dir}
max_filedescriptors 4096
visible_hostname rushhour-test
`;
}
