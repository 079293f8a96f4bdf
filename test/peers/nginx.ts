import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Namespace } from '../support/namespaces.ts';
import { freePort, startPeer, stopPeer } from './peer.ts';

export interface Nginx {
  readonly port: number;
  /** Of the one process that serves: stopped, nothing is answered but by the kernel. */
  readonly pid: number;
  /** Requests in its access log, with their status. */
  requests(): Promise<string[]>;
  stop(): Promise<void>;
}

/** A real nginx on loopback that closes every connection first (keepalive_timeout 0). */
export async function startNginx(): Promise<Nginx> {
  const port = await freePort();
  const dir = await mkdtemp(join(tmpdir(), 'rushhour-nginx-'));
  const config = join(dir, 'nginx.conf');
  await writeFile(config, configuration(dir, `127.0.0.1:${port}`));
  const child = await startPeer('nginx', ['-p', dir, '-c', config], port);
  return {
    port,
    pid: child.pid!,
    requests: () => readLog(dir),
    async stop() {
      await stopPeer(child, 'SIGQUIT');
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** The same in a network namespace, at an address of it; its log begins each line with the address of the client. */
export async function startNginxInside(
  namespace: Namespace,
  listen: string,
): Promise<Omit<Nginx, 'port' | 'pid' | 'stop'> & { remove(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'rushhour-nginx-'));
  const config = join(dir, 'nginx.conf');
  await writeFile(config, configuration(dir, listen, '$remote_addr $status $request_uri'));
  namespace.spawn('nginx', '-p', dir, '-c', config);
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(listen) ?? [];
  // Connects and sends nothing, of which the log has no line.
  await namespace.run(
    'timeout',
    '10',
    'bash',
    '-c',
    `until exec 3<>/dev/tcp/${host}/${port}; do sleep 0.1; done 2>/dev/null`,
  );
  return {
    requests: () => readLog(dir),
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}

async function readLog(dir: string): Promise<string[]> {
  const log = await readFile(join(dir, 'access.log'), 'utf8');
  return log.split('\n').filter((line) => line !== '');
}

function configuration(dir: string, listen: string, format = '$status $request_uri'): string {
  return `
daemon off;
master_process off;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
pid ${dir}/nginx.pid;
error_log ${dir}/error.log;
events { worker_connections 8192; }
http {
  log_format short '${format}';
  access_log ${dir}/access.log short;
  client_body_temp_path ${dir}/body; proxy_temp_path ${dir}/proxy; fastcgi_temp_path ${dir}/fastcgi;
  uwsgi_temp_path ${dir}/uwsgi; scgi_temp_path ${dir}/scgi;
  keepalive_timeout 0;
  server { listen ${listen} backlog=65535; location / { return 200 "ok\\n"; } location /missing { return 404; } }
}
`;
}
