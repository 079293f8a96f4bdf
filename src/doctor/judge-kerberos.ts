import type { Check, KerberosFacts } from './types.ts';

/** Whether each arm with Negotiate gets its tokens: checks ticket, service, realm, KDC and clock at the same time. */
export function judgeKerberos(kerberos: readonly KerberosFacts[]): Check[] {
  return kerberos.map(({ arm, service, principals, ticket, fault }) => {
    const name = `tickets of ${arm}`;
    const until =
      ticket === undefined ? '' : `; the ticket of ${ticket.principal} expires at ${ticket.expires}`;
    if (fault !== undefined) {
      return {
        name,
        level: 'fail',
        what: `${fault.what}${until}`,
        why: 'Without tokens nothing can be sent.',
        mend: fault.mend,
      };
    }
    const as =
      ticket === undefined ? ` as ${principals} ${principals === 1 ? 'principal' : 'principals'}` : '';
    return { name, level: 'ok', what: `Kerberos issues tokens for ${service}${as}${until}` };
  });
}
