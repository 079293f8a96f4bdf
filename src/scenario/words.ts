/** The closed sets of words that a scenario file may use, shared by its schema and by what executes it. */

export const CLOSE_MODES = ['peer', 'fin', 'reset'] as const;
/**
 * Who ends an exchange, and how.
 * `peer`: wait for the far end's FIN, then close: TIME_WAIT stays at the far end, as with ab and `Connection: close`.
 * `fin`: close as soon as the response is complete: TIME_WAIT stays here.
 * `reset`: SO_LINGER (1, 0) then close: an RST, no TIME_WAIT anywhere.
 */
export type CloseMode = (typeof CLOSE_MODES)[number];

export const HTTP_VERSIONS = ['1.0', '1.1'] as const;
export type HttpVersion = (typeof HTTP_VERSIONS)[number];

export const VIAS = ['proxy', 'tunnel', 'direct', 'tcp', 'icmp'] as const;
/**
 * `proxy`: absolute-form request to the proxy; `tunnel`: CONNECT to the proxy, then to the target through it; `direct`: to
 * the target itself; `tcp`: connect only; `icmp`: ping only.
 */
export type Via = (typeof VIAS)[number];

/** Whether arms of this kind send no request: `tcp` only connects, `icmp` only pings. */
export function sendsNothing(via: unknown): boolean {
  return via === 'tcp' || via === 'icmp';
}

export const ADDRESS_USES = ['spread', 'first'] as const;
/**
 * For a name with several addresses. `spread`: attempts use each in turn; `first`: they use the first one that answers.
 */
export type AddressUse = (typeof ADDRESS_USES)[number];

export const PORT_ORDERS = ['sequential', 'random', 'mru', 'lru'] as const;
/**
 * The order in which free source ports are used. `sequential`: upwards, cyclically; `random`: any free one; `mru`: the most
 * recently freed first; `lru`: the least recently freed first.
 */
export type PortOrder = (typeof PORT_ORDERS)[number];

/** Findings that a scenario must request, because its load has to be designed for them. */
export const FINDINGS = ['knee', 'cut-age', 'reuse-band', 'nat-pool', 'state-table'] as const;
export type AskedFinding = (typeof FINDINGS)[number];

/** What a run does about net.ipv4.tcp_timestamps. */
export const SWITCHES = ['on', 'off'] as const;
export type Switch = (typeof SWITCHES)[number];

/** Whether packets are captured beside the load; auto: where this process may. */
export const CAPTURE_MODES = ['auto', 'on', 'off'] as const;
export type CaptureMode = (typeof CAPTURE_MODES)[number];

export const BROWSER_KINDS = ['chromium', 'firefox'] as const;
/** Which browser a population behaves like. */
export type BrowserKind = (typeof BROWSER_KINDS)[number];

export const AUTH_SCHEMES = ['basic', 'negotiate'] as const;
/** RFC 7617; RFC 4559 (SPNEGO with Kerberos). */
export type AuthScheme = (typeof AUTH_SCHEMES)[number];

export const AUTH_MODES = ['challenge', 'preemptive'] as const;
/**
 * `challenge`: send the request without credentials and answer the 407 (401), as browsers do; `preemptive`: send
 * credentials
 * with the first request, as curl does when given a single scheme.
 */
export type AuthMode = (typeof AUTH_MODES)[number];

export const TLS_VERSIONS = ['1.2', '1.3'] as const;
export type TlsVersion = (typeof TLS_VERSIONS)[number];

/** Each connection is checked at one of these ages: with more of them, each would have few connections. */
export const MOST_PROOF_AGES = 20;

/** Instead of how long connections are held: until the load is over, and then all of them at once. */
export const TOGETHER = 'together';
