/**
 * Short names for why Kerberos returned no token; they appear in frames and summaries. The library's own text is in
 * the message of the {@link KerberosFault}.
 */
const FAULT_KINDS = [
  'no-ticket',
  'ticket-expired',
  'clock-skew',
  'wrong-realm',
  'unknown-service',
  'unknown-principal',
  'stale-key',
  'kdc-unreachable',
  'kerberos-failure',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** No token could be created. The message comes from the Kerberos library; it names principals, never a key. */
export class KerberosFault extends Error {
  readonly kind: FaultKind;

  constructor(kind: FaultKind, message: string) {
    super(message);
    this.name = 'KerberosFault';
    this.kind = kind;
  }
}

/**
 * Messages of MIT Kerberos (lib/krb5/error_tables/krb5_err.et, kv5m_err.et, lib/krb5/krb/*.c) and of Heimdal; the
 * first match counts. An unknown ticket-granting ticket for another realm means that the KDC does not trust that
 * realm; any other unknown server is the service itself.
 */
const TEXTS: readonly (readonly [RegExp, FaultKind])[] = [
  [/krbtgt\/[^ ]* not found in Kerberos database/i, 'wrong-realm'],
  [/server\b.* not found in Kerberos database|server not found/i, 'unknown-service'],
  [
    /client\b.* not found in Kerberos database|can't find client principal|client not found/i,
    'unknown-principal',
  ],
  [/credentials? (have|has) been revoked|client .* locked out/i, 'unknown-principal'],
  [/clock skew too great|ticket not yet valid|not yet valid/i, 'clock-skew'],
  [/ticket expired|credentials? (have |has |cache )?expired|expired ticket/i, 'ticket-expired'],
  [
    /cannot contact any KDC|unable to reach any KDC|cannot resolve.*KDC|resolve network address for KDC/i,
    'kdc-unreachable',
  ],
  [
    /cannot (find|determine|locate) (the )?(KDC for|realm)|KDC.* for (requested )?realm|realm not local|illegal cross-realm/i,
    'wrong-realm',
  ],
  [
    /preauthentication failed|decrypt integrity check failed|key table entry not found|no suitable keys|password incorrect/i,
    'stale-key',
  ],
  [
    /no kerberos credentials|no credentials? (cache|were)|cannot find mechanisms|credentials cache|no KCM server/i,
    'no-ticket',
  ],
];

/**
 * Parses the output of gss_display_status(), "major: minor"; the minor text is the specific one.
 * @param message as thrown by the `kerberos` package
 */
export function readGssMessage(message: string): KerberosFault {
  const minor =
    /(?:provide more information|unavailable or inaccessible): (.+)$/s.exec(message)?.[1] ?? message;
  const kind = TEXTS.find(([text]) => text.test(minor))?.[1] ?? readMajor(message);
  return new KerberosFault(kind, minor);
}

/** Falls back to the routine error (RFC 2743 section 1.2.1.1) when the minor text is not recognised. */
function readMajor(message: string): FaultKind {
  if (/^no credentials were supplied/i.test(message)) return 'no-ticket';
  return /^the referenced credentials have expired/i.test(message) ? 'ticket-expired' : 'kerberos-failure';
}
