import { isIP } from 'node:net';
import { resolve as resolvePath } from 'node:path';
import { readNamedBytes } from '../../bounded-file.ts';
import { EnvironmentError } from '../../errors.ts';
import { type ServiceHost, serviceHostOf } from '../../scenario/host-names.ts';
import { peerOf } from '../../scenario/peer.ts';
import type { Arm, AuthSpec } from '../../scenario/types.ts';
import { type Identity, keytabIdentity, TICKET_CACHE } from './identity.ts';
import { listKeytabPrincipals } from './keytab.ts';

/** An arm that authenticates with Negotiate: to which service, and as whom. */
export interface NegotiateArm {
  /** The arm's index in the scenario. */
  readonly index: number;
  readonly name: string;
  /** Host-based, such as `HTTP@proxy.example`. */
  readonly service: string;
  /** Used in turn; at least one. */
  readonly identities: readonly Identity[];
}

/**
 * Lists the arms that need tokens.
 * @throws EnvironmentError if a keytab is missing, invalid, or lacks a principal
 * @throws EnvironmentError if the authenticating host is known only by its address
 */
export async function listNegotiateArms(arms: readonly Arm[]): Promise<NegotiateArm[]> {
  const found: NegotiateArm[] = [];
  for (const [index, arm] of arms.entries()) {
    if (arm.auth?.scheme !== 'negotiate') continue;
    const service = serviceOf(arm, arm.auth);
    found.push({ index, name: arm.name, service, identities: await identitiesOf(arm.name, arm.auth) });
  }
  return found;
}

/** Host-based, and by name: a KDC does not know addresses. */
function serviceOf(arm: Arm, { service, to }: AuthSpec): string {
  if (service !== undefined) return service.replace(/@.*$/s, (at) => `@${serviceHostOf(at.slice(1))}`);
  const host: ServiceHost = serviceHostOf((to === 'proxy' ? peerOf(arm) : arm.target).host);
  if (isIP(host) === 0) return `HTTP@${host}`;
  throw new EnvironmentError(`arm ${arm.name}: Kerberos issues no tickets for an IP address (${host})`, {
    hint: `give the full name of the ${to}, or write auth.service: HTTP@<that name>`,
  });
}

async function identitiesOf(arm: string, { credentials }: AuthSpec): Promise<readonly Identity[]> {
  if (credentials.kind !== 'keytab') return [TICKET_CACHE];
  const keytab = resolvePath(credentials.path);
  const held = await readPrincipals(arm, keytab);
  const [first] = held;
  if (first === undefined) {
    throw new EnvironmentError(`arm ${arm}: the keytab ${keytab} contains no key`, {
      hint: `export one: kadmin -q "ktadd -k ${keytab} PRINCIPAL"`,
    });
  }
  const wanted = credentials.principals.length === 0 ? [first] : credentials.principals;
  return wanted.map((name) => keytabIdentity(keytab, findPrincipal(arm, keytab, held, name)));
}

/** A principal without a realm matches the one with that name in the keytab. */
function findPrincipal(arm: string, keytab: string, held: readonly string[], name: string): string {
  const found =
    held.find((one) => one === name) ??
    held.find((one) => !/(?<!\\)@/.test(name) && one.startsWith(`${name}@`));
  if (found !== undefined) return found;
  throw new EnvironmentError(`arm ${arm}: the keytab ${keytab} contains no key for ${name}`, {
    hint: `klist -k ${keytab} lists its contents; kadmin -q "ktadd -k ${keytab} ${name}" adds it`,
  });
}

async function readPrincipals(arm: string, keytab: string): Promise<string[]> {
  const bytes = await readNamedBytes(keytab).catch((cause: NodeJS.ErrnoException) => {
    const isDenied = cause.code === 'EACCES';
    throw new EnvironmentError(
      `arm ${arm}: the keytab ${keytab} cannot be read (${cause.code ?? cause.message})`,
      {
        hint: isDenied
          ? `make it readable by this user only: chown $USER ${keytab} && chmod 600 ${keytab}`
          : `export it: kadmin -q "ktadd -k ${keytab} PRINCIPAL", or name another with --keytab`,
        cause,
      },
    );
  });
  try {
    return listKeytabPrincipals(bytes);
  } catch (cause) {
    throw new EnvironmentError(`arm ${arm}: ${keytab} is not a keytab: ${(cause as Error).message}`, {
      hint: `klist -k ${keytab} must list it; export it again: kadmin -q "ktadd -k ${keytab} PRINCIPAL"`,
      cause,
    });
  }
}
