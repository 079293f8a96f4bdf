/** The path from this machine to an endpoint, according to the kernel's routing. */
export interface LinkPath {
  /** Interface to send from, such as `eth0`. */
  readonly interfaceName: string;
  readonly interfaceIndex: number;
  /** Ethernet addresses of the interface and of the next hop, `02:00:5e:10:00:01`. */
  readonly mac: string;
  readonly nextHopMac: string;
  /** Address of the next hop: the gateway, or the endpoint itself if it is on the link. */
  readonly nextHop?: string;
  /** Address that the kernel would send from: used by attempts without a source. */
  readonly source: string;
  /** Of the path, bytes. */
  readonly mtu: number;
}
