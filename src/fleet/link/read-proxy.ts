import { resolve } from 'node:path';
import { readNamed, readNamedBytes } from '../../bounded-file.ts';
import { type BasicUser, findBasicFault } from '../../engine/auth/basic.ts';
import { type Identity, keytabIdentity, TICKET_CACHE } from '../../engine/auth/identity.ts';
import { listKeytabPrincipals } from '../../engine/auth/keytab.ts';
import { EnvironmentError, UsageError } from '../../errors.ts';
import { parseProxy } from '../../scenario/address.ts';
import type { HostPort } from '../../scenario/types.ts';
import { variable } from '../../variable.ts';
import type { ProxyRoute } from './proxy.ts';

/** Where relative paths and variables of flags are looked up. */
interface Place {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** The way of a probe to its server, where only a proxy lets connections out. */
export interface ServerProxyFlags {
  readonly serverProxy?: string;
  readonly serverProxyUser?: string;
  readonly serverProxyNegotiate?: boolean;
  readonly serverProxyKeytab?: string;
  readonly serverProxyService?: string;
}

/** What the flags say, before anything that they name is read. */
export interface ServerProxyPlan extends HostPort {
  readonly auth?:
    | { readonly scheme: 'basic'; readonly source: UserSource }
    /** `keytab`: its full path; absent: the ticket cache. */
    | { readonly scheme: 'negotiate'; readonly keytab?: string; readonly service?: string };
}

/** What holds `user:password`: a file, by its full path, or a variable. */
export type UserSource =
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'variable'; readonly name: string };

/**
 * @param cwd where relative paths begin
 * @returns undefined if the server is reached directly
 * @throws UsageError if flags contradict each other
 */
export function planServerProxy(cwd: string, flags: ServerProxyFlags): ServerProxyPlan | undefined {
  const {
    serverProxy,
    serverProxyUser: user,
    serverProxyService: service,
    serverProxyKeytab: keytab,
  } = flags;
  const isNegotiate = flags.serverProxyNegotiate === true;
  if (serverProxy === undefined) {
    if (user === undefined && service === undefined && keytab === undefined && !isNegotiate) return undefined;
    throw new UsageError('credentials are for a proxy that is not named', {
      hint: 'add --server-proxy HOST:PORT',
    });
  }
  if (isNegotiate ? user !== undefined : keytab !== undefined || service !== undefined) {
    throw new UsageError('Basic takes --server-proxy-user, and Negotiate takes tickets', {
      hint: 'keep --server-proxy-user, or --server-proxy-negotiate with what belongs to it',
    });
  }
  const proxy = parseProxy(serverProxy);
  if (user !== undefined) return { ...proxy, auth: { scheme: 'basic', source: parseSource(cwd, user) } };
  if (!isNegotiate) return proxy;
  return {
    ...proxy,
    auth: {
      scheme: 'negotiate',
      ...(keytab !== undefined && { keytab: resolve(cwd, keytab) }),
      ...(service !== undefined && { service }),
    },
  };
}

/**
 * @returns undefined if the server is reached directly
 * @throws UsageError if flags contradict each other
 * @throws EnvironmentError if credentials cannot be read; it does not repeat them
 */
export async function readServerProxy(
  { env, cwd }: Place,
  flags: ServerProxyFlags,
): Promise<ProxyRoute | undefined> {
  const plan = planServerProxy(cwd, flags);
  if (plan === undefined) return undefined;
  const { auth, ...proxy } = plan;
  if (auth === undefined) return proxy;
  if (auth.scheme === 'basic')
    return { ...proxy, auth: { scheme: 'basic', user: await readUser(env, auth.source) } };
  const { keytab, service } = auth;
  const identity = keytab === undefined ? TICKET_CACHE : await readKeytab(keytab);
  return { ...proxy, auth: { scheme: 'negotiate', identity, ...(service !== undefined && { service }) } };
}

function parseSource(cwd: string, text: string): UserSource {
  const [, kind, name = ''] = /^(env:|@)(.+)$/s.exec(text) ?? [];
  if (kind === undefined) {
    throw new UsageError('--server-proxy-user names where the credentials are, and does not hold them', {
      hint: 'write env:NAME or @file, which holds user:password',
    });
  }
  return kind === '@' ? { kind: 'file', file: resolve(cwd, name) } : { kind: 'variable', name };
}

async function readUser(env: Place['env'], source: UserSource): Promise<BasicUser> {
  const what = source.kind === 'file' ? `the file ${source.file}` : `the environment variable ${source.name}`;
  const text =
    source.kind === 'file'
      ? await readNamed(source.file).catch((cause: NodeJS.ErrnoException) => {
          throw new EnvironmentError(`${what} cannot be read (${cause.code ?? cause.message})`, {
            hint: 'check the path',
            cause,
          });
        })
      : variable(env, source.name);
  const [line = ''] = (text ?? '').split(/\r?\n/);
  const colon = line.indexOf(':');
  const read = { user: line.slice(0, Math.max(0, colon)), password: line.slice(colon + 1) };
  const fault = colon < 0 ? 'there is no colon' : findBasicFault(read);
  if (fault === undefined) return read;
  throw new EnvironmentError(`${what} does not hold user:password: ${fault}`, {
    hint: 'write it as user:password, in one line',
  });
}

async function readKeytab(file: string): Promise<Identity> {
  try {
    const [principal] = listKeytabPrincipals(await readNamedBytes(file));
    if (principal === undefined) throw new Error('it holds no key');
    return keytabIdentity(file, principal);
  } catch (cause) {
    throw new EnvironmentError(`the keytab ${file} cannot be used (${(cause as Error).message})`, {
      hint: `klist -k ${file} must list it`,
      cause,
    });
  }
}
