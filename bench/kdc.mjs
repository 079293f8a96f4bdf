/** A KDC with a realm of its own on loopback: nothing of the machine's own Kerberos is read or changed. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const REALM = 'BENCH.TEST';

// A plain user's PATH on Debian lacks the folders of these daemons.
process.env.PATH += ':/usr/local/sbin:/usr/sbin:/sbin';

/**
 * Starts it, with a user "pupil" who has a ticket in the cache.
 * @param {string} dir for what it keeps @param {string} principal of the service, such as `HTTP/proxy.bench.test`
 * @returns `env` is what a client of the realm needs; `keytabs` of the user and of the service
 */
export async function startKdc(dir, principal) {
  const port = await freePort();
  const env = { KRB5_CONFIG: join(dir, 'krb5.conf'), KRB5CCNAME: `FILE:${join(dir, 'cc')}` };
  const admin = { ...process.env, ...env, KRB5_KDC_PROFILE: join(dir, 'kdc.conf') };
  const run = (command, args, input = '') =>
    execFileSync(command, args, { env: admin, input, stdio: ['pipe', 'pipe', 'pipe'] });
  await writeFile(env.KRB5_CONFIG, krb5Config(port));
  await writeFile(admin.KRB5_KDC_PROFILE, kdcConfig(dir, port));
  run('kdb5_util', ['-r', REALM, 'create', '-s', '-P', 'master']);
  const keytabs = { user: join(dir, 'user.keytab'), service: join(dir, 'service.keytab') };
  run(
    'kadmin.local',
    ['-r', REALM],
    `addprinc -randkey pupil\naddprinc -randkey ${principal}\nktadd -k ${keytabs.user} pupil\nktadd -k ${keytabs.service} ${principal}\n`,
  );
  const child = await startChild('krb5kdc', ['-n', '-r', REALM], '127.0.0.1', port, admin);
  run('kinit', ['-k', '-t', keytabs.user, 'pupil']);
  return { env, keytabs, stop: () => stopChild(child) };
}

/** Started by root, Squid drops to Debian's user "proxy". */
export async function giveToSquid(paths) {
  if (process.getuid() !== 0) return;
  const [user, group] = ['-u', '-g'].map((flag) =>
    Number(execFileSync('id', [flag, 'proxy'], { encoding: 'utf8' })),
  );
  for (const path of paths) await chown(path, user, group);
}

/** Starts a server and waits until it accepts. */
export async function startChild(command, args, host, port, env) {
  const child = spawn(command, args, { env, stdio: 'ignore' });
  for (let tries = 0; tries < 200 && child.exitCode === null; tries += 1) {
    if (await accepts(host, port)) return child;
    await sleep(50);
  }
  child.kill('SIGKILL');
  throw new Error(`${command} did not start`);
}

export async function stopChild(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

function accepts(host, port) {
  return new Promise((resolve) => {
    const socket = connect(port, host, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

export async function freePort() {
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
