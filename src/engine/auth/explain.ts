import type { FaultKind } from './fault.ts';
import type { Identity } from './identity.ts';

/** What the user is told about a fault, and the command that fixes it. */
export interface Explanation {
  readonly what: string;
  readonly mend: string;
}

/**
 * Explains a fault to the person who has to fix it.
 * @param said message from the Kerberos library
 * @param service host-based name of the service, such as `HTTP@proxy.example`
 */
export function explainFault(
  kind: FaultKind,
  said: string,
  identity: Identity,
  service: string,
): Explanation {
  const { what, mend } = EXPLANATIONS[kind](identity, service, said);
  return { what: `${what} (${said})`, mend };
}

type Explain = (identity: Identity, service: string, said: string) => Explanation;

const EXPLANATIONS: Readonly<Record<FaultKind, Explain>> = {
  'no-ticket': (identity) => ({
    what:
      identity.kind === 'keytab'
        ? `the keytab ${identity.keytab} yields no ticket`
        : 'there is no Kerberos ticket',
    mend: getTicket(identity),
  }),
  'ticket-expired': (identity) => ({
    what: 'the Kerberos ticket has expired',
    mend: getTicket(identity),
  }),
  'clock-skew': () => ({
    what: 'the clocks of this machine and of the KDC are too far apart for Kerberos (5 minutes by default)',
    mend: 'synchronise this clock: timedatectl set-ntp true (or chronyc makestep), then kinit again',
  }),
  'wrong-realm': (identity, service) => ({
    what: `no known KDC gives ${identity.name} a ticket for ${service}: the realm is wrong or not configured`,
    mend: `check the realm of the ticket (klist) and [realms] and [domain_realm] in krb5.conf; then ${getTicket(identity)}`,
  }),
  'unknown-service': (_identity, service, said) => {
    const other = otherHost(service, said);
    return other === undefined
      ? {
          what: `the KDC knows no service ${service}`,
          mend: `set auth.service to the name in its ticket (HTTP@ and the proxy's full name); to check: ${lookFor(service)}`,
        }
      : {
          what: `the KDC knows no service named ${other}, which the Kerberos library substituted for the name in ${service}: a reverse lookup of the proxy's address returns it (rdns, on by default in MIT Kerberos), or the proxy's name is an alias of it`,
          mend: `set rdns = false under [libdefaults] in krb5.conf, and dns_canonicalize_hostname = false if the name is an alias; auth.service does not help, because its name is looked up as well. To check: ${lookFor(service)}`,
        };
  },
  'unknown-principal': (identity) => ({
    what: `the KDC or the keytab does not know ${identity.name}, or it is locked`,
    mend:
      identity.kind === 'keytab'
        ? `klist -k ${identity.keytab} lists its contents; then ${getTicket(identity)}`
        : getTicket(identity),
  }),
  'stale-key': (identity) => ({
    what: `the key of ${identity.name} differs from the KDC's`,
    mend:
      identity.kind === 'keytab'
        ? `export the keytab again (kadmin: ktadd -k ${identity.keytab} ${identity.name}); to check: ${getTicket(identity)}`
        : getTicket(identity),
  }),
  'kdc-unreachable': (identity) => ({
    what: 'no KDC answers',
    mend: `check the path to it (port 88, UDP and TCP) and [realms] in krb5.conf; to check: KRB5_TRACE=/dev/stderr ${getTicket(identity)}`,
  }),
  'kerberos-failure': (identity) => ({
    what: 'Kerberos issued no token',
    mend: `to find out why: KRB5_TRACE=/dev/stderr ${getTicket(identity)}`,
  }),
};

/**
 * The host that the library requested from the KDC, if it differs from the service's. krb5_sname_to_principal()
 * resolves the name's address in reverse unless told not to (MIT Kerberos, krb5.conf(5), `rdns` and
 * `dns_canonicalize_hostname`), and a proxy behind a virtual address has a different name there.
 * @param said such as `Server HTTP/node7.example@A.TEST not found in Kerberos database`
 */
function otherHost(service: string, said: string): string | undefined {
  const asked = /\bserver [^/\s]+\/([^@\s]+)@/i.exec(said)?.[1];
  const given = /@(.+)$/.exec(service)?.[1];
  const plain = (name: string): string => name.toLowerCase().replace(/\.$/, '');
  return asked === undefined || given === undefined || plain(asked) === plain(given) ? undefined : asked;
}

/**
 * The command that requests the same service in the same way, including name lookups: a full principal would skip the
 * lookup.
 */
function lookFor(service: string): string {
  const [name = '', host = ''] = service.split('@');
  return `kvno -S ${name} ${host}`;
}

/** The command that gets a ticket; k5start keeps one alive where nobody is there to type a password. */
function getTicket(identity: Identity): string {
  return identity.kind === 'keytab'
    ? `kinit -k -t ${identity.keytab} ${identity.name}`
    : 'kinit USER@REALM (unattended: k5start -b -K 60 -U -f KEYTAB)';
}
