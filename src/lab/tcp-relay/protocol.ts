/** What the TCP relay does to the connections that it relays. */
export interface TcpRelayOptions {
  /** Address that it stands in for. */
  readonly upstream: string;
  /** Round trip between it and upstream, in ms; 0: none. */
  readonly roundTripMs: number;
  /** How long it holds back a client's first bytes, in ms; 0: not at all. */
  readonly holdMs: number;
  /** Age at which it resets both sides, in ms; 0: never. */
  readonly cutMs: number;
  /** Whether a connection's age counts from its start or from the last byte either way. */
  readonly cutFrom: 'start' | 'last-byte';
}

/**
 * Node cannot find out where a redirected connection was going (SO_ORIGINAL_DST), so the firewall's rules encode the
 * port in the destination: its high octet as one of 256 local ports, its low octet as one of 256 local addresses.
 */
export const REDIRECT = { firstPort: 60_000, net: '10.99.0' } as const;

/** The port that a client connected to. */
export function originalPort(localAddress: string, localPort: number): number {
  return (
    ((localPort - REDIRECT.firstPort) << 8) | Number(localAddress.slice(localAddress.lastIndexOf('.') + 1))
  );
}

export const TCP_RELAY_READY = 'ready';

export function formatTcpRelay(options: TcpRelayOptions): string {
  return JSON.stringify(options);
}
