import { type Document, isMap } from 'yaml';
import type { Path, Problem } from './problems.ts';
import type { CredentialSource } from './types.ts';
import type { AuthScheme } from './words.ts';
import { sendsNothing } from './words.ts';

/** Credentials from the command line. Holds references, never a secret. */
export interface CredentialOverrides {
  /** Basic credentials for every arm that authenticates to a proxy with Basic. */
  readonly proxyUser?: CredentialSource | undefined;
  /** Every arm with Negotiate gets its tickets from this keytab. */
  readonly keytab?: string | undefined;
  /** Principals in the keytab, or patterns of them. */
  readonly principal?: readonly string[] | undefined;
  /** Service for every arm with Negotiate, such as HTTP@proxy.example. */
  readonly service?: string | undefined;
}

type Put = (path: Path, value: unknown, flag: string) => void;

/** Sets credentials in every arm whose scheme can use them; a flag that no arm can use is a mistake. */
export function applyCredentials(
  yaml: Document,
  arms: readonly string[],
  { proxyUser, keytab, principal, service }: CredentialOverrides,
  put: Put,
): Problem[] {
  const problems: Problem[] = [];
  const change = (scheme: AuthScheme, flag: string, key: string, value: unknown): void => {
    const places = arms.filter((name) => schemeOf(yaml, name) === scheme).map((name) => ['arms', name]);
    for (const place of places) put([...place, 'auth', key], value, flag);
    if (places.length > 0) return;
    const fix = `remove it, or add --set defaults.auth.scheme=${scheme}`;
    problems.push({ what: `no arm authenticates with ${scheme}`, fix, path: [], flag });
  };
  if (proxyUser !== undefined) change('basic', '--proxy-user', 'credentials', writeCredentials(proxyUser));
  if (keytab !== undefined) {
    const principals = principal === undefined ? {} : { principals: [...principal] };
    change('negotiate', '--keytab', 'credentials', { keytab, ...principals });
  } else if (principal !== undefined) {
    const what = 'principals without a keytab';
    problems.push({ what, fix: 'add --keytab, the file with their keys', path: [], flag: '--principal' });
  }
  if (service !== undefined) change('negotiate', '--service', 'service', service);
  return problems;
}

/** The scheme that an arm ends up with; undefined if it does not authenticate. */
function schemeOf(yaml: Document, name: string): unknown {
  if (!isMap(yaml.getIn(['arms', name], true)) || connectsOnly(yaml, name)) return undefined;
  const own = yaml.getIn(['arms', name, 'auth']);
  if (own !== undefined && !isMap(own)) return undefined;
  return yaml.getIn(['arms', name, 'auth', 'scheme']) ?? yaml.getIn(['defaults', 'auth', 'scheme']);
}

/** An arm that only connects is never challenged, whatever it inherits. */
function connectsOnly(yaml: Document, name: string): boolean {
  const of = (key: string) => yaml.getIn(['arms', name, key]) ?? yaml.getIn(['defaults', key]);
  return sendsNothing(
    of('via') ?? (/^tcp:/i.test(String(of('target') ?? yaml.get('target'))) ? 'tcp' : 'proxy'),
  );
}

/** In the form of a scenario file. */
function writeCredentials(source: CredentialSource): Record<string, unknown> {
  switch (source.kind) {
    case 'env':
      return { env: source.name };
    case 'file':
      return { file: source.path };
    case 'pattern':
      return { users: source.users, password: source.password };
    case 'keytab':
      return { keytab: source.path, principals: source.principals };
    case 'ticket-cache':
      return {};
  }
}
