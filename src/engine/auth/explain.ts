import type { FaultKind } from './fault.ts';
import type { Identity } from './identity.ts';

/** What a user reads of a fault, and the command that mends it. */
export interface Explanation {
  readonly what: string;
  readonly mend: string;
}

/**
 * Words a fault for whoever has to mend it.
 * @param said what the Kerberos library said
 * @param service host-based name of the service, such as `HTTP@proxy.example`
 */
export function explainFault(
  kind: FaultKind,
  said: string,
  identity: Identity,
  service: string,
): Explanation {
  const { what, mend } = EXPLANATIONS[kind](identity, service);
  return { what: `${what} (${said})`, mend };
}

type Explain = (identity: Identity, service: string) => Explanation;

const EXPLANATIONS: Readonly<Record<FaultKind, Explain>> = {
  'no-ticket': (identity) => ({
    what:
      identity.kind === 'keytab'
        ? `no ticket could be had with the keytab ${identity.keytab}`
        : 'there is no Kerberos ticket',
    mend: getTicket(identity),
  }),
  'ticket-expired': (identity) => ({
    what: 'the Kerberos ticket has expired',
    mend: getTicket(identity),
  }),
  'clock-skew': () => ({
    what: 'the clocks of this machine and of the KDC are too far apart for Kerberos (5 minutes by default)',
    mend: 'set this clock right: timedatectl set-ntp true (or chronyc makestep), then kinit again',
  }),
  'wrong-realm': (identity, service) => ({
    what: `no KDC is known that gives ${identity.name} a ticket for ${service}: the realm is wrong or not configured`,
    mend: `check the realm of the ticket (klist) and [realms] and [domain_realm] in krb5.conf; then ${getTicket(identity)}`,
  }),
  'unknown-service': (_identity, service) => ({
    what: `the KDC knows no service ${service}`,
    mend: `name the service as its ticket has it with auth.service (HTTP@ and the proxy's full name); to look: kvno ${service.replace('@', '/')}`,
  }),
  'unknown-principal': (identity) => ({
    what: `the KDC or the keytab does not know ${identity.name}, or it is locked`,
    mend:
      identity.kind === 'keytab'
        ? `klist -k ${identity.keytab} lists what it holds; then ${getTicket(identity)}`
        : getTicket(identity),
  }),
  'stale-key': (identity) => ({
    what: `the key of ${identity.name} is not the one that the KDC has`,
    mend:
      identity.kind === 'keytab'
        ? `export the keytab anew (kadmin: ktadd -k ${identity.keytab} ${identity.name}); to check: ${getTicket(identity)}`
        : getTicket(identity),
  }),
  'kdc-unreachable': (identity) => ({
    what: 'no KDC answers',
    mend: `check the way to it (port 88, UDP and TCP) and [realms] in krb5.conf; to check: KRB5_TRACE=/dev/stderr ${getTicket(identity)}`,
  }),
  'kerberos-failure': (identity) => ({
    what: 'Kerberos gave no token',
    mend: `to see why: KRB5_TRACE=/dev/stderr ${getTicket(identity)}`,
  }),
};

/** The line that gets a ticket; k5start keeps one alive where nobody is there to type. */
function getTicket(identity: Identity): string {
  return identity.kind === 'keytab'
    ? `kinit -k -t ${identity.keytab} ${identity.name}`
    : 'kinit USER@REALM (unattended: k5start -b -K 60 -U -f KEYTAB)';
}
