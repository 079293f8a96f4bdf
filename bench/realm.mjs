/** A KDC and a Squid that asks for Kerberos, on loopback, for bench/negotiate.mjs. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, giveToSquid, REALM, startChild, startKdc, stopChild } from './kdc.mjs';

export const SERVICE = 'HTTP@proxy.bench.test';
const PRINCIPAL = 'HTTP/proxy.bench.test';

/** Starts both; `env` is what a client of the realm needs, with one ticket in its cache. */
export async function startRealm() {
  const dir = await mkdtemp(join(tmpdir(), 'rushhour-realm-'));
  const [openPort, guardedPort] = [await freePort(), await freePort()];
  const kdc = await startKdc(dir, PRINCIPAL);
  const { env, keytabs } = kdc;
  const config = join(dir, 'squid.conf');
  await writeFile(config, squidConfig(dir, openPort, guardedPort, keytabs.service));
  await giveToSquid([dir, env.KRB5_CONFIG, keytabs.service]);
  const squid = await startChild('squid', ['-N', '-f', config], '127.0.0.1', guardedPort, {
    ...process.env,
    ...env,
  });
  return {
    env,
    keytab: keytabs.user,
    openPort,
    guardedPort,
    async stop() {
      await stopChild(squid);
      await kdc.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** One port lets anybody in, the other asks: all else is the same. It answers by itself, so that no origin counts. */
function squidConfig(dir, openPort, guardedPort, keytab) {
  return `
http_port 127.0.0.1:${openPort}
http_port 127.0.0.1:${guardedPort}
pid_filename ${dir}/squid.pid
cache deny all
cache_log ${dir}/cache.log
access_log none
coredump_dir ${dir}
max_filedescriptors 4096
visible_hostname bench
auth_param negotiate program /usr/lib/squid/negotiate_kerberos_auth -k ${keytab} -s ${PRINCIPAL}@${REALM} -c ${dir}
auth_param negotiate children 4 startup=4
auth_param negotiate keep_alive on
acl guarded localport ${guardedPort}
acl known proxy_auth REQUIRED
acl loopback dst 127.0.0.0/8
http_access deny guarded !known
http_access allow loopback
http_access deny all
shutdown_lifetime 0 seconds
`;
}
