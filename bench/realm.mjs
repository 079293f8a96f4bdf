/** A KDC and a Squid that asks for Kerberos, on loopback, for bench/negotiate.mjs. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const REALM = 'BENCH.TEST';
export const SERVICE = 'HTTP@proxy.bench.test';
const PRINCIPAL = 'HTTP/proxy.bench.test';

// A plain user's PATH on Debian lacks the folders of these daemons.
process.env.PATH += ':/usr/local/sbin:/usr/sbin:/sbin';

/** Starts both; `env` is what a client of the realm needs, with one ticket in its cache. */
export async function startRealm() {
  const dir = await mkdtemp(join(tmpdir(), 'rushhour-realm-'));
  const [kdcPort, openPort, guardedPort] = [await freePort(), await freePort(), await freePort()];
  const env = { KRB5_CONFIG: join(dir, 'krb5.conf'), KRB5CCNAME: `FILE:${join(dir, 'cc')}` };
  const admin = { ...process.env, ...env, KRB5_KDC_PROFILE: join(dir, 'kdc.conf') };
  const run = (command, args, input = '') =>
    execFileSync(command, args, { env: admin, input, stdio: ['pipe', 'pipe', 'pipe'] });
  await writeFile(env.KRB5_CONFIG, krb5Config(kdcPort));
  await writeFile(admin.KRB5_KDC_PROFILE, kdcConfig(dir, kdcPort));
  run('kdb5_util', ['-r', REALM, 'create', '-s', '-P', 'master']);
  const keytabs = { user: join(dir, 'user.keytab'), proxy: join(dir, 'proxy.keytab') };
  run(
    'kadmin.local',
    ['-r', REALM],
    `addprinc -randkey pupil\naddprinc -randkey ${PRINCIPAL}\nktadd -k ${keytabs.user} pupil\nktadd -k ${keytabs.proxy} ${PRINCIPAL}\n`,
  );
  const children = [await startChild('krb5kdc', ['-n', '-r', REALM], kdcPort, admin)];
  run('kinit', ['-k', '-t', keytabs.user, 'pupil']);
  const config = join(dir, 'squid.conf');
  await writeFile(config, squidConfig(dir, openPort, guardedPort, keytabs.proxy));
  await giveToSquid([dir, env.KRB5_CONFIG, keytabs.proxy]);
  children.push(await startChild('squid', ['-N', '-f', config], guardedPort, { ...process.env, ...env }));
  return {
    env,
    keytab: keytabs.user,
    openPort,
    guardedPort,
    async stop() {
      for (const child of children.reverse()) {
        const gone = once(child, 'exit');
        child.kill('SIGTERM');
        await gone;
      }
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Started by root, Squid drops to Debian's user "proxy". */
async function giveToSquid(paths) {
  if (process.getuid() !== 0) return;
  const [user, group] = ['-u', '-g'].map((flag) =>
    Number(execFileSync('id', [flag, 'proxy'], { encoding: 'utf8' })),
  );
  for (const path of paths) await chown(path, user, group);
}

async function startChild(command, args, port, env) {
  const child = spawn(command, args, { env, stdio: 'ignore' });
  for (let tries = 0; tries < 200 && child.exitCode === null; tries += 1) {
    if (await accepts(port)) return child;
    await sleep(50);
  }
  child.kill('SIGKILL');
  throw new Error(`${command} did not start`);
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

function krb5Config(port) {
  return `
[libdefaults]
  default_realm = ${REALM}
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
[realms]
  ${REALM} = { 
    kdc = 127.0.0.1:${port}
  }
[domain_realm]
  .bench.test = ${REALM}
`;
}

function kdcConfig(dir, port) {
  return `
[kdcdefaults]
  kdc_listen = 127.0.0.1:${port}
  kdc_tcp_listen = 127.0.0.1:${port}
[realms]
  ${REALM} = { 
    database_name = ${dir}/principal
    key_stash_file = ${dir}/stash
    max_life = 10h
  }
`;
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
