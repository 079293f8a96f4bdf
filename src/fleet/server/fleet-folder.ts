import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { nkeys } from '@nats-io/transport-node';
import { UsageError } from '../../errors.ts';
import { writeJson, writeWhole } from '../../store/json-file.ts';
import { makeFolder } from '../../store/make-folder.ts';
import { type Credentials, readCredentials } from '../credentials.ts';
import { checkProbeId } from '../enrolment.ts';
import { provideCertificate } from './certificate.ts';
import { formatServerConfig, type ServerUser } from './server-config.ts';
import { certifiedHosts, localAddress, reachedAs, type ServerSettings, urlsFor } from './settings.ts';
import { readUsers, writeUsers } from './users.ts';

/** Only its owner reads what holds keys. */
const SECRET = 0o600;

/** The streams together may take so much of a disk that has this much left. */
const STORE_SHARE = 0.5;
const STORE_MOST_BYTES = 8 * 1_073_741_824;

export interface FleetFolder {
  readonly configFile: string;
  readonly config: string;
  readonly certificateFile: string;
  /** PEM, what probes trust. */
  readonly ca: string;
  /** Files of credentials: `operator.json`, `server.json` of the program that runs the server, and one for each probe that was made here. */
  readonly operatorFile: string;
  readonly serverFile: string;
  readonly probeFiles: ReadonlyMap<string, string>;
  /** Where probes reach the server. */
  readonly servers: readonly string[];
  /** All that may connect. */
  readonly probes: readonly string[];
}

export interface FleetFolderOptions {
  readonly dir: string;
  readonly settings: ServerSettings;
  /** Ids of probes for which credentials are made here, besides those that have some already. */
  readonly probes: readonly string[];
  /** Most bytes of all streams; a server that runs takes no other. */
  readonly storeBytes: number;
  readonly nowMs: number;
}

/** The credentials that are made here, of a probe or of another role. */
export function credentialsFileOf(dir: string, name: string): string {
  return join(dir, 'credentials', `${name}.json`);
}

/**
 * Makes what a fleet's server needs: a certificate, credentials for the operator and for each probe, and its
 * configuration. What is there already stays as it is.
 * @throws UsageError if an id is none
 */
export async function prepareFleetFolder(options: FleetFolderOptions): Promise<FleetFolder> {
  const { dir, settings } = options;
  options.probes.forEach(checkProbeId);
  await makeFolder(join(dir, 'credentials'), 0o700);
  const { ca, ...files } = await provideCertificate(dir, certifiedHosts(settings), options.nowMs);
  const fileOf = (name: string): string => credentialsFileOf(dir, name);
  const urls = urlsFor(reachedAs(settings), settings);
  const local = urlsFor([localAddress(settings)], settings);
  const server = await provideSeed({ kind: 'server' }, fileOf('server'), { servers: local, ca });
  // At the machine of the server its own address is the nearest; elsewhere it is refused at once.
  const servers = [...new Set([...local, ...urls])];
  const operator = await provideSeed({ kind: 'operator' }, fileOf('operator'), { servers, ca });
  const known = await readUsers(dir);
  const probes = new Map(known.probes.map(({ id, publicKey }) => [id, publicKey]));
  const probeFiles = new Map<string, string>();
  for (const id of new Set([...probes.keys(), ...options.probes])) {
    const role = { kind: 'probe', id } as const;
    const isHere = !probes.has(id) || (await readSeed(fileOf(id), role)) !== undefined;
    // The credentials of others are only where they were enrolled.
    if (!isHere) continue;
    probes.set(id, await provideSeed(role, fileOf(id), { servers: urls, ca }));
    probeFiles.set(id, fileOf(id));
  }
  const sorted = [...probes].sort(([a], [b]) => (a < b ? -1 : 1));
  await writeUsers(dir, { ...known, probes: sorted.map(([id, publicKey]) => ({ id, publicKey })) });
  const users: ServerUser[] = [
    { role: { kind: 'operator' }, publicKey: operator },
    { role: { kind: 'server' }, publicKey: server },
    ...sorted.map(([id, publicKey]) => ({ role: { kind: 'probe', id } as const, publicKey })),
    ...known.tokens.map(({ id, publicKey }) => ({ role: { kind: 'newcomer', id } as const, publicKey })),
  ];
  const configFile = join(dir, 'nats-server.conf');
  const storeDir = join(dir, 'jetstream');
  const { storeBytes } = options;
  const config = formatServerConfig({ settings, storeDir, storeBytes, users, ...files });
  await writeWhole(configFile, config, SECRET);
  return {
    ...{
      configFile,
      config,
      certificateFile: files.certificateFile,
      ca,
      operatorFile: fileOf('operator'),
      serverFile: fileOf('server'),
      probeFiles,
    },
    servers: urls,
    probes: sorted.map(([id]) => id),
  };
}

/** Writes credentials with the secret that the file holds already, or a new one. @returns the public key */
async function provideSeed(
  role: Credentials['role'],
  file: string,
  { servers, ca }: Pick<Credentials, 'servers' | 'ca'>,
): Promise<string> {
  const present = await readSeed(file, role);
  const pair = present === undefined ? nkeys.createUser() : nkeys.fromSeed(new TextEncoder().encode(present));
  const seed = new TextDecoder().decode(pair.getSeed());
  await writeJson(file, { schema: 1, role, servers, seed, ca } satisfies Credentials, SECRET);
  return pair.getPublicKey();
}

async function readSeed(file: string, role: Credentials['role']): Promise<string | undefined> {
  const present = await readCredentials(file).catch((error: unknown) => {
    // None, or damaged; what this user may not read is not replaced.
    if (error instanceof UsageError) return undefined;
    throw error;
  });
  return JSON.stringify(present?.role) === JSON.stringify(role) ? present?.seed : undefined;
}

/** Bytes that the streams may take of the disk. */
export async function measureRoom(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir);
  return Math.min(STORE_MOST_BYTES, Math.floor(bavail * bsize * STORE_SHARE));
}
