import type { AuthFile } from './auth-schema.ts';
import { goesThroughProxy } from './far-end.ts';
import type { ArmFile } from './schema.ts';
import type { AuthSpec, CredentialSource, Scenario } from './types.ts';
import type { AuthScheme, Via } from './words.ts';
import { sendsNothing } from './words.ts';

interface Fault {
  readonly key: 'auth' | 'request';
  readonly what: string;
  readonly fix: string;
}

export interface ResolvedAuth {
  readonly auth: AuthSpec | undefined;
  readonly faults: readonly Fault[];
}

/** The scheme that each source of credentials serves. */
const SCHEME_OF: Readonly<Record<CredentialSource['kind'], AuthScheme>> = {
  env: 'basic',
  file: 'basic',
  pattern: 'basic',
  'ticket-cache': 'negotiate',
  keytab: 'negotiate',
};

/** Completes an arm's `auth`. An arm that only connects has none, whatever it inherits. */
export function resolveAuth(
  via: Via,
  written: ArmFile,
  own: ArmFile,
  farEnd: Scenario['farEnd'],
): ResolvedAuth {
  if (sendsNothing(via)) {
    const isOwn = own.auth !== undefined && own.auth !== 'none';
    const fault = {
      key: 'auth',
      what: `via: ${via} sends no request, so it needs no credentials`,
      fix: 'remove it, or use via: proxy',
    } as const;
    return { auth: undefined, faults: isOwn ? [fault] : [] };
  }
  const { auth } = written;
  if (auth === undefined || auth === 'none') return { auth: undefined, faults: [] };
  const to = auth.to ?? (goesThroughProxy(via) ? 'proxy' : 'origin');
  const faults = [...checkDoor(to, via, written), ...checkScheme(auth, farEnd)];
  const { scheme, service } = auth;
  const credentials =
    auth.credentials ?? (scheme === 'negotiate' ? { kind: 'ticket-cache' as const } : undefined);
  if (scheme === undefined || credentials === undefined || faults.length > 0)
    return { auth: undefined, faults };
  return {
    auth: {
      to,
      scheme,
      mode: auth.mode ?? 'challenge',
      credentials,
      ...(service === undefined ? {} : { service }),
    },
    faults,
  };
}

function checkDoor(to: AuthSpec['to'], via: Via, { request }: ArmFile): Fault[] {
  const faults: Fault[] = [];
  if (to === 'proxy' && !goesThroughProxy(via)) {
    faults.push({
      key: 'auth',
      what: `via: ${via} uses no proxy that could ask for credentials`,
      fix: 'write to: origin, or use via: proxy or via: tunnel',
    });
  }
  const field = to === 'proxy' ? 'Proxy-Authorization' : 'Authorization';
  if (Object.keys(request?.headers ?? {}).some((name) => name.toLowerCase() === field.toLowerCase())) {
    faults.push({ key: 'request', what: `auth and a header both send ${field}`, fix: 'remove the header' });
  }
  return faults;
}

function checkScheme({ scheme, credentials, service }: AuthFile, farEnd: Scenario['farEnd']): Fault[] {
  const fault = (what: string, fix: string): Fault => ({ key: 'auth', what, fix });
  if (scheme === undefined) return [fault('auth names no scheme', 'add scheme: basic or scheme: negotiate')];
  const faults: Fault[] = [];
  if (scheme === 'basic' && credentials === undefined) {
    const fix =
      'add credentials: { env: NAME }, { file: PATH }, or { users: "pupil{1-3000}", password: { env: NAME } }';
    faults.push(fault('scheme basic needs credentials', fix));
  }
  if (credentials !== undefined && SCHEME_OF[credentials.kind] !== scheme) {
    faults.push(
      scheme === 'basic'
        ? fault('scheme basic does not use a keytab', 'use scheme: negotiate, or credentials: { env: NAME }')
        : fault(
            'scheme negotiate sends tickets, not passwords',
            'use scheme: basic, or credentials: { keytab: PATH }, or remove credentials to use the ticket cache',
          ),
    );
  }
  if (service !== undefined && scheme === 'basic')
    faults.push(fault('scheme basic does not use a service', 'remove service:, or use scheme: negotiate'));
  if (farEnd === 'embedded' && scheme === 'negotiate') {
    const fix = 'use scheme: basic, or name a real proxy';
    faults.push(fault('the embedded far end does not support Kerberos', fix));
  }
  return faults;
}
