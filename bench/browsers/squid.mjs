/** A Squid between browsers and the origin, and what it logged. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { giveToSquid, REALM, startChild, stopChild } from '../kdc.mjs';
import { LOGIN } from './proxy.mjs';

/** Where Debian puts its helpers. */
const HELPERS = '/usr/lib/squid';

/**
 * @param {object} options
 * @param {string} options.dir @param {string} options.address @param {number} options.port
 * @param {'none' | 'basic' | 'negotiate'} options.auth
 * @param {boolean} options.closes after its 407
 * @param {object} [options.kdc] for Negotiate
 * @param {number} [options.idleSec] after which it closes an idle connection (default: Squid's own, two minutes)
 */
export async function startSquid({ dir: parent, address, port, auth, closes = false, kdc, idleSec }) {
  const dir = await mkdtemp(join(parent, 'squid-'));
  // Squid's own resolver knows no wildcards: names of pages are asked of this file.
  const hosts = join(dir, 'hosts');
  await writeFile(hosts, hostsFor(address));
  const config = join(dir, 'squid.conf');
  const login = {
    none: () => '',
    basic: () => basic(dir),
    negotiate: () => negotiate(dir, address, kdc, closes),
  };
  await writeFile(config, configuration(dir, `${address}:${port}`, hosts, await login[auth](), idleSec));
  await giveToSquid([parent, dir, ...(kdc === undefined ? [] : [kdc.env.KRB5_CONFIG, kdc.keytabs.service])]);
  const child = await startChild('squid', ['-N', '-f', config], address, port, {
    ...process.env,
    ...kdc?.env,
  });
  return {
    /** What was asked on the connections of each client port; tunnels are logged once they have ended. */
    async readLog() {
      const log = await readFile(join(dir, 'access.log'), 'utf8').catch(() => '');
      return log
        .split('\n')
        .map((line) => /^(\d+) (\d+) ([A-Z]+) (\S+)$/.exec(line))
        .filter((match) => match !== null)
        .map(([, client, status, method, target]) => ({
          ...{ port: Number(client), status: Number(status), method, target },
          host: (/^[a-z]+:\/\/([^/:]+)/.exec(target) ?? /^([^:]+)/.exec(target))?.[1] ?? '',
        }));
    },
    stop: () => stopChild(child),
  };
}

/** Names that rows.mjs uses with Squid. */
function hostsFor(address) {
  const names = ['', 'h1.'].flatMap((kind) =>
    Array.from({ length: 32 }, (_, index) =>
      index === 0 ? `${kind}portal.test` : `o${index}.${kind}portal.test`,
    ),
  );
  return ['warm.test', ...names].map((name) => `${address} ${name}\n`).join('');
}

async function basic(dir) {
  const file = join(dir, 'passwd');
  const hash = execFileSync('openssl', ['passwd', '-apr1', '-stdin'], {
    input: LOGIN.password,
    encoding: 'utf8',
  });
  await writeFile(file, `${LOGIN.username}:${hash.trim()}\n`);
  await giveToSquid([file]);
  return `
auth_param basic program ${HELPERS}/basic_ncsa_auth ${file}
auth_param basic children 4 startup=4
auth_param basic realm browsers
acl known proxy_auth REQUIRED
http_access deny !known
`;
}

async function negotiate(dir, address, { keytabs }, closes) {
  const helper = `${HELPERS}/negotiate_kerberos_auth -k ${keytabs.service} -s HTTP/${address}@${REALM} -c ${dir}`;
  return `
auth_param negotiate program ${helper}
auth_param negotiate children 4 startup=4
auth_param negotiate keep_alive ${closes ? 'off' : 'on'}
acl known proxy_auth REQUIRED
http_access deny !known
`;
}

function configuration(dir, listen, hosts, auth, idleSec) {
  return `
http_port ${listen}
pid_filename ${dir}/squid.pid
hosts_file ${hosts}
cache deny all
cache_log ${dir}/cache.log
logformat asked %>p %>Hs %rm %ru
access_log stdio:${dir}/access.log asked
buffered_logs off
${idleSec === undefined ? '' : `client_idle_pconn_timeout ${idleSec} seconds`}
${auth}
http_access allow all
shutdown_lifetime 0 seconds
coredump_dir ${dir}
max_filedescriptors 4096
visible_hostname browsers
`;
}
