import { readFile } from 'node:fs/promises';
import { createServer, isIP } from 'node:net';
import { join } from 'node:path';
import * as z from 'zod';
import { EnvironmentError, UsageError } from '../../errors.ts';
import { quoteTyped } from '../../render/escape.ts';
import { uriHostOf } from '../../scenario/host-names.ts';
import { writeJson } from '../../store/json-file.ts';

const port = z.int().min(0).max(65_535);
const schema = z.strictObject({
  schema: z.literal(1),
  /** Address of this machine at which the server listens; all of them: 0.0.0.0 or ::. */
  address: z.string().refine((text) => isIP(text) !== 0),
  port,
  /** Names and addresses by which probes reach it; none: `address`. */
  names: z.array(z.string().min(1).max(255)),
  /** For sites that let nothing else out; absent: none. */
  websocketPort: port.min(1).optional(),
  /** Names or addresses of all servers of a cluster, this one's among them, and the port among themselves; absent: it is alone. */
  cluster: z.strictObject({ hosts: z.array(z.string()).min(3).max(5), port: port.min(1) }).optional(),
});

/** Where a fleet's server listens, and how it is reached; kept in its folder. */
export type ServerSettings = z.output<typeof schema>;

const DEFAULTS: ServerSettings = { schema: 1, address: '127.0.0.1', port: 4222, names: [] };
const EVERYWHERE = ['0.0.0.0', '::'];

/** A name by DNS (RFC 1123 section 2.1): letters, digits and hyphens, in labels. */
const HOST_NAME =
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i;

/** What of the settings is to change. */
export interface SettingsChange {
  /** `ADDRESS`, `ADDRESS:PORT` or `[ADDRESS]:PORT`. */
  readonly listen?: string;
  readonly port?: number;
  readonly names?: readonly string[];
  /** 0: none. */
  readonly websocketPort?: number;
  /** Separated by commas; `none`: it is alone. */
  readonly cluster?: string;
  readonly clusterPort?: number;
}

/** NATS' own default for routes. */
const CLUSTER_PORT = 6222;

const fileIn = (dir: string): string => join(dir, 'server.json');

/** Notes how a server listens that has started so: the next one does without being told. */
export async function keepSettings(dir: string, settings: ServerSettings): Promise<void> {
  await writeJson(fileIn(dir), settings);
}

/** Whether a server has ever started in this folder. */
export async function hasSettings(dir: string): Promise<boolean> {
  return (await readFile(fileIn(dir)).catch(() => undefined)) !== undefined;
}

/** @throws EnvironmentError if the server cannot listen at its address, as nats-server says in words of its own */
export async function requireOwnAddress({ address }: ServerSettings): Promise<void> {
  const tried = createServer();
  const code = await new Promise<string | undefined>((resolve) => {
    tried.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    tried.listen({ host: address, port: 0 }, () => tried.close(() => resolve(undefined)));
  });
  // Anything else is for nats-server to say.
  if (code !== 'EADDRNOTAVAIL') return;
  throw new EnvironmentError(`${address} is no address of this machine`, {
    hint: 'give another --listen ("ip -brief address" shows those of this machine), or 0.0.0.0 with --name',
  });
}

/**
 * The settings of a folder, changed as asked.
 * @throws UsageError if they cannot be, or if nothing says how the server is reached
 */
export async function changeSettings(dir: string, change: SettingsChange): Promise<ServerSettings> {
  const known = await readSettings(fileIn(dir));
  const listen = change.listen === undefined ? {} : parseListen(change.listen);
  // Names go with an address: those of another are not kept.
  const names = change.names ?? (change.listen === undefined ? known.names : []);
  const settings: ServerSettings = {
    ...known,
    ...(change.port !== undefined && { port: change.port }),
    ...listen,
    names: names.map(checkName),
    ...(change.websocketPort !== undefined && { websocketPort: change.websocketPort || undefined }),
  };
  const cluster = readCluster(settings, change);
  if (cluster === undefined) delete settings.cluster;
  else settings.cluster = cluster;
  if (EVERYWHERE.includes(settings.address) && settings.names.length === 0) {
    throw new UsageError(`${settings.address} does not say how probes reach this machine`, {
      hint: 'add --name with its name or address, once for each',
    });
  }
  checkPorts(settings, change);
  return settings;
}

/** @throws UsageError for ports that cannot be listened on, or that two things are to listen on */
function checkPorts({ port, websocketPort, cluster }: ServerSettings, change: SettingsChange): void {
  const ports: readonly (readonly [flag: string, port: number | undefined])[] = [
    ['--port', port],
    ['--websocket-port', websocketPort],
    ['--cluster-port', cluster?.port],
  ];
  const hint = 'choose another, from 1 to 65535';
  for (const [flag, one] of ports) {
    if (one === 0)
      throw new UsageError(`${flag} 0 is no port at which probes could find the server`, { hint });
    const [other] = ports.find(([name, same]) => name !== flag && one !== undefined && same === one) ?? [];
    if (other !== undefined) throw new UsageError(`${flag} and ${other} are both ${one}`, { hint });
  }
  const listen = change.listen === undefined ? undefined : parseListen(change.listen).port;
  if (listen !== undefined && change.port !== undefined && listen !== change.port)
    throw new UsageError(`--listen has port ${listen}, and --port is ${change.port}`, {
      hint: 'give the port once',
    });
}

async function readSettings(file: string): Promise<ServerSettings> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return DEFAULTS;
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new UsageError(`${file} does not hold the settings of a fleet’s server`, {
      hint: 'remove it, and say by flags again where the server listens',
      cause,
    });
  }
}

/** @throws UsageError */
function parseListen(text: string): { address: string; port?: number } {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const address = bracketed ?? plain ?? text;
  const number = digits === undefined ? undefined : Number(digits);
  if (isIP(address) !== 0 && (number === undefined || number <= 65_535))
    return { address, ...(number !== undefined && { port: number }) };
  throw new UsageError(`--listen ${quoteTyped(text)}: that is not an address of this machine`, {
    hint: 'write 10.0.0.5, 10.0.0.5:4222, [fd00::5]:4222, or 0.0.0.0 with --name',
  });
}

function checkName(text: string): string {
  if (isIP(text) !== 0 ? !EVERYWHERE.includes(text) : HOST_NAME.test(text)) return text;
  throw new UsageError(`--name ${quoteTyped(text)}: that is neither a name nor an address`, {
    hint: 'write fleet.example.org or 10.0.0.5, without a port',
  });
}

/** @throws UsageError unless the servers are three or five, and this one is among them by just one name */
function readCluster(settings: ServerSettings, change: SettingsChange): ServerSettings['cluster'] {
  const hosts =
    change.cluster === undefined
      ? settings.cluster?.hosts
      : change.cluster.split(',').map((host) => host.trim());
  if (hosts === undefined || change.cluster === 'none') return undefined;
  const own = ownNames(settings);
  const isOdd = hosts.length === 3 || hosts.length === 5;
  if (isOdd && new Set(hosts).size === hosts.length && own.length === 1 && hosts.includes(own[0] ?? ''))
    return {
      hosts: hosts.map(checkName),
      port: change.clusterPort ?? settings.cluster?.port ?? CLUSTER_PORT,
    };
  throw new UsageError('a cluster has three or five servers, each by one name, and this one is among them', {
    hint: 'write --name a.example.org --cluster a.example.org,b.example.org,c.example.org, with the name of each on its machine',
  });
}

/** By which names or addresses this server is reached; at least one. */
function ownNames({ address, names }: ServerSettings): readonly string[] {
  return names.length > 0 ? names : [address];
}

/** Names and addresses by which probes reach the server, or one of the cluster; at least one. */
export function reachedAs(settings: ServerSettings): readonly string[] {
  return settings.cluster?.hosts ?? ownNames(settings);
}

/** What a server is called among others. */
export function serverName(settings: ServerSettings): string {
  return settings.cluster === undefined ? 'rushhour' : (ownNames(settings)[0] ?? '');
}

/** The other servers of its cluster. */
export function peersOf(settings: ServerSettings): readonly string[] {
  return settings.cluster?.hosts.filter((host) => host !== serverName(settings)) ?? [];
}

/** How many servers have a copy of what is stored. */
export function replicasOf({ cluster }: ServerSettings): number {
  // Three copies bear the loss of one, whatever more servers there are.
  return cluster === undefined ? 1 : 3;
}

/** By which programs on the machine of the server reach it. */
export function localAddress({ address }: ServerSettings): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  return address === '::' ? '::1' : address;
}

/** Everything that the certificate has to be valid for. */
export function certifiedHosts(settings: ServerSettings): string[] {
  return [...new Set([...reachedAs(settings), localAddress(settings), '127.0.0.1', 'localhost'])];
}

/** In the order in which they are tried: WebSockets, which a proxy or a filter may cut off, come last. */
export function urlsFor(hosts: readonly string[], { port: number, websocketPort }: ServerSettings): string[] {
  const web =
    websocketPort === undefined ? [] : hosts.map((host) => `wss://${uriHostOf(host)}:${websocketPort}`);
  return [...hosts.map((host) => `tls://${uriHostOf(host)}:${number}`), ...web];
}
