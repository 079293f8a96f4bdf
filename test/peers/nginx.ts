import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
  await writeFile(config, configuration(dir, port));
  const child = await startPeer('nginx', ['-p', dir, '-c', config], port);
  return {
    port,
    pid: child.pid!,
    async requests() {
      const log = await readFile(join(dir, 'access.log'), 'utf8');
      return log.split('\n').filter((line) => line !== '');
    },
    async stop() {
      await stopPeer(child, 'SIGQUIT');
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function configuration(dir: string, port: number): string {
  return `
daemon off;
master_process off;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
pid ${dir}/nginx.pid;
error_log ${dir}/error.log;
events { worker_connections 8192; }
http {
  log_format short '$status $request_uri';
  access_log ${dir}/access.log short;
  client_body_temp_path ${dir}/body; proxy_temp_path ${dir}/proxy; fastcgi_temp_path ${dir}/fastcgi;
  uwsgi_temp_path ${dir}/uwsgi; scgi_temp_path ${dir}/scgi;
  keepalive_timeout 0;
  server { listen 127.0.0.1:${port} backlog=65535; location / { return 200 "ok\\n"; } location /missing { return 404; } }
}
`;
}
