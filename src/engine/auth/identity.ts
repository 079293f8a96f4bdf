/** Whose tickets are used to create tokens. */
export type Identity =
  /** The owner of this process's ticket cache. */
  | { readonly kind: 'ticket-cache'; readonly name: string }
  /** A principal in a keytab; its tickets are kept in memory, in a cache of their own. */
  | { readonly kind: 'keytab'; readonly name: string; readonly keytab: string; readonly cache: string };

export const TICKET_CACHE: Identity = { kind: 'ticket-cache', name: 'the owner of the ticket cache' };

/** @param keytab full path */
export function keytabIdentity(keytab: string, principal: string): Identity {
  return { kind: 'keytab', name: principal, keytab, cache: `MEMORY:rushhour ${keytab} ${principal}` };
}
