/** Whose tickets tokens are made with. */
export type Identity =
  /** Whoever the ticket cache of this process belongs to. */
  | { readonly kind: 'ticket-cache'; readonly name: string }
  /** A principal of a keytab; its tickets are kept in memory, in a cache of its own. */
  | { readonly kind: 'keytab'; readonly name: string; readonly keytab: string; readonly cache: string };

export const TICKET_CACHE: Identity = { kind: 'ticket-cache', name: 'the owner of the ticket cache' };

/** @param keytab full path */
export function keytabIdentity(keytab: string, principal: string): Identity {
  return { kind: 'keytab', name: principal, keytab, cache: `MEMORY:rushhour ${keytab} ${principal}` };
}
