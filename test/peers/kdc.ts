import { type ChildProcess, execFileSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, writeSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTool } from '../support/suite-needing.ts';
import { freePort, startPeer, stopPeer } from './peer.ts';

/** What Kerberos of its realm reads from the environment. */
export interface KerberosEnvironment {
  readonly KRB5_CONFIG: string;
  readonly KRB5CCNAME: string;
}

export interface KdcOptions {
  /** Clock skew that is tolerated, seconds; Kerberos's own default is 300. */
  readonly clockSkewSec?: number;
}

/** A real MIT KDC on loopback with a realm of its own; nothing of the machine's own Kerberos is read or changed. */
export class Kdc {
  static readonly realm = 'RUSHHOUR.TEST';
  readonly dir: string;
  readonly port: number;
  #child: ChildProcess | undefined;

  private constructor(dir: string, port: number) {
    this.dir = dir;
    this.port = port;
  }

  /** @param principals made with random keys, such as `HTTP/proxy.rushhour.test` and `pupil1` */
  static async start(principals: readonly string[], options: KdcOptions = {}): Promise<Kdc> {
    const dir = await mkdtemp(join(tmpdir(), 'rushhour-kdc-'));
    const kdc = new Kdc(dir, await freePort());
    await kdc.configure('krb5', options.clockSkewSec ?? 300);
    await kdc.configure('acceptor', 300);
    await writeFile(join(dir, 'kdc.conf'), kdc.#kdcConfiguration());
    kdc.#admin('kdb5_util', ['create', '-s', '-P', 'master']);
    kdc.#admin('kadmin.local', [], principals.map((name) => `addprinc -randkey ${name}`).join('\n'));
    await kdc.up();
    return kdc;
  }

  /** What a child, or this process, needs to be of this realm. The cache is empty unless `kinit` filled it. */
  get env(): KerberosEnvironment {
    return { KRB5_CONFIG: join(this.dir, 'krb5.conf'), KRB5CCNAME: this.cache('default') };
  }

  /** For a server of the realm: as patient with clocks as usual, whatever clients and the KDC are. */
  get acceptorConfig(): string {
    return join(this.dir, 'acceptor.conf');
  }

  /**
   * Writes another configuration for the same realm.
   * @param lines of [libdefaults] besides
   * @returns its path
   */
  async configure(name: string, clockSkewSec: number, lines: readonly string[] = []): Promise<string> {
    const path = join(this.dir, `${name}.conf`);
    await writeFile(path, this.#configuration(clockSkewSec, lines));
    return path;
  }

  /** How many tickets were given for keys or passwords, as its log tells. */
  async initialTickets(): Promise<number> {
    const log = await readFile(join(this.dir, 'kdc.log'), 'utf8');
    return log.split('\n').filter((line) => /AS_REQ .*: ISSUE/.test(line)).length;
  }

  cache(name: string): string {
    return `FILE:${join(this.dir, `cc-${name}`)}`;
  }

  /** Exports keys; those that stand in another keytab already stay as they are. @returns the keytab's path */
  keytab(name: string, principals: readonly string[]): string {
    const path = join(this.dir, `${name}.keytab`);
    this.#admin('kadmin.local', [], principals.map((one) => `ktadd -k ${path} -norandkey ${one}`).join('\n'));
    return path;
  }

  /**
   * Gets a ticket into a cache.
   * @param shiftSec how far the client's clock is ahead of this machine's; needs libfaketime where not 0
   */
  kinit(principal: string, cache = this.env.KRB5CCNAME, lifetimeSec = 36_000, shiftSec = 0): void {
    const args = [
      '-l',
      `${lifetimeSec}s`,
      '-c',
      cache,
      '-k',
      '-t',
      this.keytab(principal.replace(/\W/g, '-'), [principal]),
    ];
    execFileSync(tool('kinit'), [...args, principal], {
      env: { ...process.env, ...this.env, ...(shiftSec !== 0 && shiftClock(shiftSec)) },
      stdio: 'pipe',
    });
  }

  /**
   * Starts the KDC (again).
   * @param shiftSec how far its clock is ahead of this machine's; needs libfaketime where not 0
   */
  async up(shiftSec = 0): Promise<void> {
    await this.down();
    this.#child = await startPeer(tool('krb5kdc'), ['-n', '-r', Kdc.realm], this.port, {
      ...process.env,
      ...this.#adminEnv,
      ...(shiftSec !== 0 && shiftClock(shiftSec)),
    });
  }

  /** Stops it; its database and its port stay its own. */
  async down(): Promise<void> {
    if (this.#child !== undefined) await stopPeer(this.#child);
    this.#child = undefined;
  }

  /** Stops it and removes everything. */
  async stop(): Promise<void> {
    await this.down();
    await rm(this.dir, { recursive: true, force: true });
  }

  get #adminEnv(): Record<string, string> {
    return { ...this.env, KRB5_KDC_PROFILE: join(this.dir, 'kdc.conf') };
  }

  #admin(command: string, args: readonly string[], input = ''): void {
    execFileSync(tool(command), ['-r', Kdc.realm, ...args], {
      env: { ...process.env, ...this.#adminEnv },
      input: `${input}\n`,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  }

  #configuration(clockSkewSec: number, lines: readonly string[]): string {
    return `
[libdefaults]
  default_realm = ${Kdc.realm}
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  clockskew = ${clockSkewSec}
${lines.map((line) => `  ${line}`).join('\n')}
[realms]
  ${Kdc.realm} = {
    kdc = 127.0.0.1:${this.port}
  }
[domain_realm]
  .rushhour.test = ${Kdc.realm}
  .elsewhere.test = ELSEWHERE.TEST
`;
  }

  #kdcConfiguration(): string {
    return `
[kdcdefaults]
  kdc_listen = 127.0.0.1:${this.port}
  kdc_tcp_listen = 127.0.0.1:${this.port}
[realms]
  ${Kdc.realm} = {
    database_name = ${this.dir}/principal
    key_stash_file = ${this.dir}/stash
    acl_file = ${this.dir}/acl
    max_life = 10h
  }
[logging]
  kdc = FILE:${this.dir}/kdc.log
`;
  }
}

/** What libfaketime reads. Its own command would stand between the KDC and whoever ends it. */
function shiftClock(sec: number): Record<string, string> {
  const arch = readdirSync('/usr/lib').find((name) =>
    existsSync(`/usr/lib/${name}/faketime/libfaketime.so.1`),
  );
  return {
    LD_PRELOAD: `/usr/lib/${arch}/faketime/libfaketime.so.1`,
    FAKETIME: `${sec > 0 ? '+' : ''}${sec}s`,
  };
}

/** A keytab with one made-up key: of a principal or a realm that no KDC knows, or a key that is not the right one. */
export function forgeKeytab(path: string, principal: string): void {
  const [name = '', realm = ''] = principal.split('@');
  const text = (value: string): Buffer => {
    const bytes = Buffer.from(value);
    return Buffer.concat([uint(2, bytes.length), bytes]);
  };
  const components = name.split('/');
  const entry = Buffer.concat([
    ...[uint(2, components.length), text(realm), ...components.map(text)],
    // KRB5_NT_PRINCIPAL, no time, version 1, AES-256 (enctype 18), a key of 32 bytes.
    ...[uint(4, 1), uint(4, 0), uint(1, 1), uint(2, 18), uint(2, 32), Buffer.alloc(32, 7)],
  ]);
  const file = openSync(path, 'w', 0o600);
  writeSync(file, Buffer.concat([uint(2, 0x0502), uint(4, entry.length), entry]));
  closeSync(file);
}

function uint(width: number, value: number): Buffer {
  const bytes = Buffer.alloc(width);
  bytes.writeUIntBE(value, 0, width);
  return bytes;
}

function tool(name: string): string {
  return findTool(name) ?? name;
}
