import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatAddress, formatMac, parseAddress, parseMac } from '../addresses.ts';
import { keyOf, resolutionOf } from './address-resolution.ts';
import type { LinkInterface } from './interfaces.ts';
import { LinkSocket } from './link-socket.ts';
import { NetlinkError } from './netlink-socket.ts';

/** An address that another host on the link has, and that host. */
export interface AddressConflict {
  readonly address: string;
  /** Ethernet address of the host that has it. */
  readonly mac: string;
}

/** RFC 5227 section 1.1 and RFC 4862 send one to three probes a second or two apart; losing one must not matter. */
const ROUNDS = 2;

/** Duration of a round, after which each address is probed again. */
const ROUND_MS = 1_000;

/** Maximum probes per second: switches limit broadcasts above a few thousand (storm control). */
const MOST_PER_SEC = 4_000;

/** Counted from the last probe: hosts answer at once, or within a few hundred milliseconds if asleep. */
const LAST_WAIT_MS = 500;

/** Interval between reads of the socket; probes go out in bursts of what is due. */
const TURN_MS = 5;

/**
 * Asks the link whether any host has one of these addresses, without claiming them (RFC 5227, RFC 4862 section 5.4):
 * all together, in 2.5 s for up to 4,000 of them and half a second more for each further 1,000. A host that probes for
 * the same address at the same time counts as having it.
 * @param addresses of one family
 * @returns those that are in use
 * @throws NetlinkError without CAP_NET_RAW, if the interface is down, or if it takes twice as long
 */
export async function findConflicts(
  link: Pick<LinkInterface, 'index' | 'mac'>,
  addresses: readonly string[],
): Promise<AddressConflict[]> {
  const [first] = addresses;
  if (first === undefined) return [];
  const family = first.includes(':') ? 6 : 4;
  const resolution = resolutionOf(family);
  const mac = parseMac(link.mac);
  const probed = addresses.map(parseAddress);
  const wanted = new Set(probed.map(keyOf));
  const found = new Map<string, AddressConflict>();
  const frame = new Uint8Array(resolution.frameBytes);
  const socket = new LinkSocket(family, link.index);

  const listen = (): void => {
    for (let got = socket.receive(0); got !== undefined; got = socket.receive(0)) {
      const said = resolution.read(got);
      if (said === undefined || said.mac.every((byte, index) => byte === mac[index])) continue;
      const isProbe = said.claims.every((byte) => byte === 0);
      const claimed = isProbe ? said.asks : said.claims;
      if (claimed === undefined || !wanted.has(keyOf(claimed))) continue;
      found.set(keyOf(claimed), { address: formatAddress(claimed), mac: formatMac(said.mac) });
    }
  };
  try {
    const roundMs = Math.max(ROUND_MS, (probed.length / MOST_PER_SEC) * 1_000);
    const beginMs = performance.now();
    for (let sent = 0; sent < ROUNDS * probed.length; ) {
      const due = ((performance.now() - beginMs) / roundMs) * probed.length;
      while (sent < Math.min(due, ROUNDS * probed.length)) {
        const length = resolution.writeProbe(frame, mac, probed[sent % probed.length]!);
        // The device is full: the rest of this turn's probes go out in the next.
        if (socket.send(frame.subarray(0, length)) !== 0) break;
        sent += 1;
      }
      listen();
      if (performance.now() - beginMs > ROUNDS * roundMs * 2) throw new NetlinkError(constants.errno.ENOBUFS);
      await sleep(TURN_MS);
    }
    for (const endMs = performance.now() + LAST_WAIT_MS; performance.now() < endMs; await sleep(TURN_MS))
      listen();
    return [...found.values()];
  } finally {
    socket.close();
  }
}
