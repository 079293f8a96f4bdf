/**
 * The addresses of every lab. Each lab has namespaces of its own, so all can use the same ones. They are private (RFC
 * 1918): a run against them needs no permission.
 */
export const ADDRESSES = {
  clientNet: '10.10.0.0/16',
  /** Inner side of the firewall: the clients' gateway. */
  gateway: '10.10.0.1',
  /** Outer side of the firewall: the source address that the far side sees after NAT. */
  external: '10.20.0.1',
  /** In labs whose NAT has two external addresses, instead: one after the other, as nft(8) wants a range. */
  externalPair: ['10.20.0.4', '10.20.0.5'],
  far: '10.20.0.2',
  /** No host has it, or one that does not serve, as `dead-address` says. */
  dead: '10.20.0.9',
} as const;

/** Ports of the far side. Nothing ever listens on `closed` (9, discard). */
export const PORTS = { proxy: 3128, origin: 8080, secondProxy: 3129, secondOrigin: 8081, closed: 9 } as const;

/** An nftables set of the ports that answer. */
export const OPEN_PORTS = `{ ${PORTS.proxy}, ${PORTS.secondProxy}, ${PORTS.origin}, ${PORTS.secondOrigin} }`;

export const MOST_CLIENTS = 1_000;

/** Clients per third octet: .0 and .255 are not used, because they look like broadcast addresses. */
const CLIENTS_AN_OCTET = 200;

/** Client 0 is 10.10.1.1, client 200 is 10.10.2.1. */
export function clientAddress(index: number): string {
  return `10.10.${1 + Math.floor(index / CLIENTS_AN_OCTET)}.${1 + (index % CLIENTS_AN_OCTET)}`;
}

/** Facts about a lab for scenarios, by the names that `lab run` fills in and `lab exec` exports. */
export interface LabFacts {
  readonly proxy: string;
  readonly proxy2: string;
  readonly target: string;
  readonly target2: string;
  /** An address and port on which nothing listens. */
  readonly closed: string;
  /** The same port of an address that is dead. */
  readonly dead: string;
  /** Address of the far side. */
  readonly far: string;
  /** All client addresses, separated by commas. */
  readonly clients: string;
}

/** @param clients how many client addresses the lab has */
export function describeFacts(clients: number): LabFacts {
  const { far, dead } = ADDRESSES;
  return {
    proxy: `${far}:${PORTS.proxy}`,
    proxy2: `${far}:${PORTS.secondProxy}`,
    target: `http://${far}:${PORTS.origin}/`,
    target2: `http://${far}:${PORTS.secondOrigin}/`,
    closed: `${far}:${PORTS.closed}`,
    dead: `${dead}:${PORTS.proxy}`,
    far,
    clients: Array.from({ length: clients }, (_, index) => clientAddress(index)).join(','),
  };
}
