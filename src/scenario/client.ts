import { type ClientName, DEFAULT_CLIENT } from '../client/registry.ts';
import { resolveClient } from '../client/resolve.ts';
import type { ClientKnobs, ClientProfile } from '../client/types.ts';
import type { WrittenClient } from './client-schema.ts';
import type { ArmFile } from './schema.ts';
import type { Arm, ClientSpec } from './types.ts';
import { formatDuration } from './units.ts';

/** The client whose packets an arm sends: the one that it names, or else {@link DEFAULT_CLIENT}. */
export function clientOf({ client }: Pick<Arm, 'client'>): ClientProfile {
  return resolveClient(client?.profile ?? DEFAULT_CLIENT, client?.knobs);
}

/** An arm that names another client gets that client unchanged; single keys are merged with what is inherited. */
export function mergeClients(defaults: WrittenClient, own: WrittenClient): WrittenClient {
  return own.profile === undefined ? { ...defaults, knobs: { ...defaults.knobs, ...own.knobs } } : own;
}

export function toClient({ profile = DEFAULT_CLIENT, knobs }: WrittenClient): ClientSpec {
  return { profile: profile satisfies ClientName, knobs };
}

/** A client in words: `windows-11`, or `linux-6 but timestamps off, ttl 60`. */
export function describeClient({ profile, knobs }: ClientSpec): string {
  const differs = describeKnobs(knobs);
  return differs.length === 0 ? profile : `${profile} but ${differs.join(', ')}`;
}

/** Each thing that differs, in the words of a scenario. */
export function describeKnobs({ synWaitsUs, ...plain }: ClientKnobs): string[] {
  return [
    ...Object.entries(plain).map(
      ([key, value]) => `${key} ${typeof value === 'boolean' ? (value ? 'on' : 'off') : value}`,
    ),
    ...(synWaitsUs === undefined ? [] : [`synWaits ${synWaitsUs.map(formatDuration).join(' ')}`]),
  ];
}

interface Fault {
  readonly key: 'socket' | 'client';
  readonly what: string;
  readonly fix: string;
}

/** Socket options that also exist as keys of a client: the packet engine honours either. */
const SAME = { tos: 'dscp', mss: 'mss', synCount: 'synWaitsUs' } as const;

/** Settings made both for sockets and for the client. */
export function checkClient({ client, socket = {} }: ArmFile, own: ArmFile): Fault[] {
  const twice = (Object.keys(SAME) as (keyof typeof SAME)[]).filter(
    (key) => socket[key] !== undefined && client?.knobs[SAME[key]] !== undefined,
  );
  return twice.map((key) => {
    const knob = SAME[key] === 'synWaitsUs' ? 'synWaits' : SAME[key];
    return {
      key: own.client === undefined ? 'socket' : 'client',
      what: `socket.${key} and client.${knob} set the same thing`,
      fix: `keep client.${knob}`,
    };
  });
}
