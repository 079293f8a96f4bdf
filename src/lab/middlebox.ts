import { ADDRESSES, OPEN_PORTS } from './addresses.ts';
import { loadFirewall } from './firewall.ts';
import type { Lab } from './lab.ts';
import { programLine } from './launch.ts';
import { formatTcpRelay, REDIRECT, TCP_RELAY_READY, type TcpRelayOptions } from './tcp-relay/protocol.ts';
import { INSIDE } from './topology.ts';

/** The connections that go through the middlebox; others pass unchanged. */
export interface Chosen {
  /** `open`: to ports that answer; `all`: closed ones as well. */
  readonly ports: 'open' | 'all';
  /** An nftables match that selects some of them, for example at random. */
  readonly among?: string;
}

/** Puts a process into the firewall that terminates TCP and opens its own connections. */
export async function loadMiddlebox(lab: Lab, chosen: Chosen, options: Omit<TcpRelayOptions, 'upstream'>) {
  const ports = chosen.ports === 'open' ? OPEN_PORTS : '1-65535';
  const octets = Array.from({ length: 256 }, (_, octet) => octet);
  const addresses = octets.map((low) => `${low} : ${REDIRECT.net}.${low}`);
  const listeners = octets.map((high) => `${high << 8} : ${REDIRECT.firstPort + high}`);
  await loadFirewall(lab, {
    declarations: [
      `map address { type inet_service : ipv4_addr; elements = { ${addresses.join(', ')} }\n}`,
      `map listener { type inet_service : inet_service; elements = { ${listeners.join(', ')} }\n}`,
    ],
    divert: [
      `iifname "${INSIDE}" ip daddr ${ADDRESSES.far} tcp dport ${ports} ${chosen.among ?? ''} dnat to tcp dport & 0x00ff map @address : tcp dport & 0xff00 map @listener`,
    ],
  });
  await lab.firewall.configure([`route add local ${REDIRECT.net}.0/24 dev lo`]);
  const line = programLine('tcp-relay', formatTcpRelay({ ...options, upstream: ADDRESSES.far }));
  await lab.launch('tcp-relay', lab.firewall, line).said((text) => text === TCP_RELAY_READY);
}
