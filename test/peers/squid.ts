import { execFileSync } from 'node:child_process';
import { chown, copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startPeer, stopPeer } from './peer.ts';

/** Where Debian puts Squid's helpers. */
const HELPERS = '/usr/lib/squid';

export interface SquidOptions {
  /** Who must log in, and how; absent: nobody. */
  readonly auth?: BasicAuth | NegotiateAuth;
  /** Keep client connections open between requests. Default: no. */
  readonly isPersistent?: boolean;
}

/** basic_ncsa_auth (RFC 7617). */
export interface BasicAuth {
  readonly scheme: 'basic';
  /** Names and passwords. */
  readonly users: Readonly<Record<string, string>>;
  /** Address of clients that are let in unasked. */
  readonly unasked?: string;
}

/** negotiate_kerberos_auth with its replay cache on. */
export interface NegotiateAuth {
  readonly scheme: 'negotiate';
  /** With the key of `service`. */
  readonly keytab: string;
  /** As in the keytab: `HTTP/proxy.rushhour.test@RUSHHOUR.TEST`. */
  readonly service: string;
  readonly krb5Config: string;
  /** Whether the connection stays open after a 407 (`auth_param negotiate keep_alive`). Default: yes. */
  readonly keepsAfterChallenge?: boolean;
  /** Tokens are checked by so many processes at once. Default: 4. */
  readonly helpers?: number;
}

export interface Squid {
  readonly port: number;
  /** Lines of its access log: "status method url user". */
  requests(): Promise<string[]>;
  /** How many answers of each status it logged. */
  statuses(): Promise<Record<string, number>>;
  /** The statuses that it answered with on each connection, for URLs that begin so. */
  connections(url: string): Promise<number[][]>;
  stop(): Promise<void>;
}

/** A real Squid on loopback that forwards to loopback only and caches nothing. */
export async function startSquid(options: SquidOptions = {}): Promise<Squid> {
  const port = await freePort();
  const dir = await mkdtemp(join(tmpdir(), 'rushhour-squid-'));
  const own = ownBySquid();
  await own(dir);
  const config = join(dir, 'squid.conf');
  const auth = await configureAuth(options.auth, dir, own);
  await writeFile(config, configuration(dir, port, options.isPersistent === true, auth));
  const child = await startPeer('squid', ['-N', '-f', config], port, {
    ...process.env,
    ...(options.auth?.scheme === 'negotiate' && { KRB5_CONFIG: join(dir, 'krb5.conf') }),
  });
  const requests = async (): Promise<string[]> => {
    const log = await readFile(join(dir, 'access.log'), 'utf8');
    return log.split('\n').filter((line) => line !== '');
  };
  return {
    port,
    requests,
    async statuses() {
      const counts: Record<string, number> = {};
      for (const line of await requests()) {
        // A connection on which nothing was asked, such as a look whether the proxy is there.
        if (line.startsWith('0 ')) continue;
        const status = line.slice(0, 3);
        counts[status] = (counts[status] ?? 0) + 1;
      }
      return counts;
    },
    async connections(url) {
      const byPort = new Map<string, number[]>();
      const log = await readFile(join(dir, 'connections.log'), 'utf8');
      for (const line of log.split('\n')) {
        const [port = '', status, asked = ''] = line.split(' ');
        if (asked.startsWith(url)) byPort.set(port, [...(byPort.get(port) ?? []), Number(status)]);
      }
      return [...byPort.values()];
    },
    async stop() {
      await stopPeer(child);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Started by root, Squid and its helpers drop to Debian's user "proxy", which must be able to use these. */
function ownBySquid(): (path: string) => Promise<void> {
  if (process.getuid?.() !== 0) return () => Promise.resolve();
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'proxy'], { encoding: 'utf8' }));
  const [user, group] = [id('-u'), id('-g')];
  return (path) => chown(path, user, group);
}

async function configureAuth(
  auth: SquidOptions['auth'],
  dir: string,
  own: (path: string) => Promise<void>,
): Promise<string> {
  switch (auth?.scheme) {
    case undefined:
      return '';
    case 'basic': {
      const file = join(dir, 'passwd');
      await writeFile(
        file,
        Object.entries(auth.users)
          .map(([user, password]) => `${user}:${hash(password)}\n`)
          .join(''),
      );
      await own(file);
      return `
auth_param basic program ${HELPERS}/basic_ncsa_auth ${file}
auth_param basic children 4 startup=4
auth_param basic realm rushhour
${auth.unasked === undefined ? '' : `acl unasked src ${auth.unasked}\nhttp_access allow unasked`}
acl known proxy_auth REQUIRED
http_access deny !known
`;
    }
    case 'negotiate': {
      const keytab = join(dir, 'http.keytab');
      // Copied, as whoever made them may keep them to himself.
      await copyFile(auth.keytab, keytab);
      await copyFile(auth.krb5Config, join(dir, 'krb5.conf'));
      await own(keytab);
      const { helpers = 4, keepsAfterChallenge = true } = auth;
      return `
auth_param negotiate program ${HELPERS}/negotiate_kerberos_auth -k ${keytab} -s ${auth.service} -c ${dir}
auth_param negotiate children ${helpers} startup=${helpers}
auth_param negotiate keep_alive ${keepsAfterChallenge ? 'on' : 'off'}
acl known proxy_auth REQUIRED
http_access deny !known
`;
    }
  }
}

/** The Apache MD5 hash that basic_ncsa_auth knows. */
function hash(password: string): string {
  return execFileSync('openssl', ['passwd', '-apr1', '-stdin'], { input: password, encoding: 'utf8' }).trim();
}

function configuration(dir: string, port: number, isPersistent: boolean, auth: string): string {
  return `
http_port 127.0.0.1:${port}
pid_filename ${dir}/squid.pid
cache deny all
cache_log ${dir}/cache.log
logformat short %>Hs %rm %ru %un
access_log stdio:${dir}/access.log short
logformat connections %>p %>Hs %ru
access_log stdio:${dir}/connections.log connections
${auth}
acl loopback dst 127.0.0.0/8
http_access allow loopback
http_access deny all
client_persistent_connections ${isPersistent ? 'on' : 'off'}
shutdown_lifetime 0 seconds
coredump_dir ${dir}
max_filedescriptors 4096
visible_hostname rushhour-test
`;
}
