import { X509Certificate } from 'node:crypto';
import { mkdir, readFile, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nkeys } from '@nats-io/transport-node';
import { UsageError } from '../../errors.ts';
import { createSelfSigned } from '../../net/self-signed.ts';
import { writeJson } from '../../store/json-file.ts';
import { type Credentials, readCredentials } from '../credentials.ts';
import { PROBE_ID, type Role } from '../protocol.ts';
import { formatServerConfig, type ServerUser } from './server-config.ts';

/** Only its owner reads what holds keys. */
const SECRET = 0o600;
const RENEW_BEFORE_MS = 7 * 86_400_000;

/** The streams together may take so much of a disk that has this much left. */
const STORE_SHARE = 0.5;
const STORE_MOST_BYTES = 8 * 1_073_741_824;

export interface FleetFolder {
  readonly configFile: string;
  readonly port: number;
  /** Files of credentials: `operator.json`, and one for each probe. */
  readonly operatorFile: string;
  readonly probeFiles: ReadonlyMap<string, string>;
}

export interface FleetFolderOptions {
  readonly dir: string;
  readonly port: number;
  /** Ids of probes, besides those that have credentials already. */
  readonly probes: readonly string[];
  readonly nowMs: number;
}

/**
 * Makes what a fleet's server needs: a certificate, credentials for the operator and for each probe, and its
 * configuration. What is there already stays as it is.
 * @throws UsageError if an id is none
 */
export async function prepareFleetFolder(options: FleetFolderOptions): Promise<FleetFolder> {
  const { dir, port } = options;
  for (const id of options.probes) {
    if (PROBE_ID.test(id) && id !== 'operator') continue;
    throw new UsageError(`"${id}" cannot be the id of a probe`, {
      hint: 'use up to 40 lower-case letters, digits and -, such as leeds-1',
    });
  }
  const folder = join(dir, 'credentials');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const files = { certificateFile: join(dir, 'server.crt'), keyFile: join(dir, 'server.key') };
  const ca = await provideCertificate(files, options.nowMs);
  const known = await readIds(join(dir, 'probes.json'));
  const ids = [...new Set([...known, ...options.probes])].sort();
  await writeJson(join(dir, 'probes.json'), ids);
  const roles: Role[] = [{ kind: 'operator' }, ...ids.map((id) => ({ kind: 'probe', id }) as const)];
  const fileOf = (role: Role): string => join(folder, `${role.kind === 'probe' ? role.id : 'operator'}.json`);
  const users: ServerUser[] = [];
  for (const role of roles) users.push(await provideUser(role, fileOf(role), { port, ca }));
  const configFile = join(dir, 'nats-server.conf');
  const storeDir = join(dir, 'jetstream');
  const storeBytes = await measureRoom(dir);
  await writeFile(configFile, formatServerConfig({ port, storeDir, storeBytes, users, ...files }), {
    mode: SECRET,
  });
  return {
    ...{ configFile, port, operatorFile: fileOf({ kind: 'operator' }) },
    probeFiles: new Map(ids.map((id) => [id, fileOf({ kind: 'probe', id })])),
  };
}

async function provideCertificate(
  { certificateFile, keyFile }: { readonly certificateFile: string; readonly keyFile: string },
  nowMs: number,
): Promise<string> {
  const present = await readFile(certificateFile, 'utf8').catch(() => undefined);
  const isGood =
    present !== undefined && Date.parse(new X509Certificate(present).validTo) - nowMs > RENEW_BEFORE_MS;
  if (isGood) return present;
  const { key, certificate } = createSelfSigned('rushhour fleet', ['127.0.0.1', 'localhost'], nowMs);
  await writeFile(keyFile, key, { mode: SECRET });
  await writeFile(certificateFile, certificate);
  return certificate;
}

async function provideUser(
  role: Role,
  file: string,
  { port, ca }: { readonly port: number; readonly ca: string },
): Promise<ServerUser> {
  const present = await readCredentials(file).catch(() => undefined);
  const pair =
    present === undefined ? nkeys.createUser() : nkeys.fromSeed(new TextEncoder().encode(present.seed));
  const credentials: Credentials = {
    ...{ schema: 1, role, servers: [`tls://127.0.0.1:${port}`] },
    ...{ seed: new TextDecoder().decode(pair.getSeed()), ca },
  };
  await writeJson(file, credentials, SECRET);
  return { role, publicKey: pair.getPublicKey() };
}

async function readIds(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch(() => '[]');
  const ids: unknown = JSON.parse(text);
  return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string' && PROBE_ID.test(id)) : [];
}

/** Bytes that the streams may take of the disk. */
async function measureRoom(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir);
  return Math.min(STORE_MOST_BYTES, Math.floor(bavail * bsize * STORE_SHARE));
}
