import { uriHostOf } from '../../scenario/host-names.ts';
import { type Permissions, permissionsOf, type Role } from '../protocol.ts';
import { type ServerSettings, serverName } from './settings.ts';

export interface ServerUser {
  readonly role: Role;
  /** Public half of its nkey: U and 55 more characters. */
  readonly publicKey: string;
}

export interface ServerConfig {
  readonly settings: ServerSettings;
  /** Folder of JetStream's files. */
  readonly storeDir: string;
  /** Most bytes of all streams. */
  readonly storeBytes: number;
  readonly certificateFile: string;
  readonly keyFile: string;
  /** Of the authority that signed the certificates of the others of a cluster. */
  readonly caFile: string;
  readonly users: readonly ServerUser[];
}

/** The server takes a message of this size, which is larger than any of ours. */
const MAX_PAYLOAD_BYTES = 1_048_576;

/** A probe answers what it was just asked. */
const ANSWER_WITHIN = '1m';

/** A link that loses packets takes longer than the server waits by itself (2 s); seconds. */
const HANDSHAKE_WITHIN_S = 20;

/** nats-server.conf: its language includes JSON. */
export function formatServerConfig(config: ServerConfig): string {
  const { address, port, websocketPort, cluster } = config.settings;
  const host = uriHostOf(address);
  const tls = { cert_file: config.certificateFile, key_file: config.keyFile };
  const conf = {
    ...{
      listen: `${host}:${port}`,
      server_name: serverName(config.settings),
      max_payload: MAX_PAYLOAD_BYTES,
    },
    jetstream: { store_dir: config.storeDir, max_file: config.storeBytes },
    tls: { ...tls, timeout: HANDSHAKE_WITHIN_S },
    ...(websocketPort !== undefined && {
      websocket: { listen: `${host}:${websocketPort}`, tls, handshake_timeout: `${HANDSHAKE_WITHIN_S}s` },
    }),
    ...(cluster !== undefined && {
      cluster: {
        ...{ name: 'rushhour', listen: `${host}:${cluster.port}`, no_advertise: true },
        // Each of both proves to be of this fleet.
        tls: { ...tls, ca_file: config.caFile, verify: true, timeout: HANDSHAKE_WITHIN_S },
        routes: cluster.hosts
          .filter((other) => other !== serverName(config.settings))
          .map((other) => `tls://${uriHostOf(other)}:${cluster.port}`),
      },
    }),
    authorization: {
      timeout: HANDSHAKE_WITHIN_S,
      users: config.users.map(({ role, publicKey }) => ({
        nkey: publicKey,
        permissions: formatPermissions(permissionsOf(role)),
      })),
    },
  };
  return `${JSON.stringify(conf, null, 2)}\n`;
}

function formatPermissions({ publish, subscribe, answers }: Permissions): object {
  return {
    publish: { allow: publish },
    subscribe: { allow: subscribe },
    ...(answers && { allow_responses: { max: 1, expires: ANSWER_WITHIN } }),
  };
}
