import { setTimeout as sleep } from 'node:timers/promises';
import { formatMac, parseAddress, parseMac } from '../addresses.ts';
import { keyOf, resolutionOf } from './address-resolution.ts';
import type { LinkInterface } from './interfaces.ts';
import { LinkSocket } from './link-socket.ts';

/** Waits after the first request, the second and the third, milliseconds: like those of hosts, but shorter at first. */
const WAITS_MS = [300, 700, 1_000];
const LOOK_EVERY_MS = 2;

/**
 * Asks the link which host has an address, by ARP or neighbour discovery: at most three times, within two seconds. It
 * does not touch the kernel's own table.
 * @param asker address to ask from; the host asked may store it with the interface's MAC
 * @returns its Ethernet address; undefined: no host answered
 * @throws NetlinkError without CAP_NET_RAW, or if the interface is down
 */
export async function askNextHop(
  link: Pick<LinkInterface, 'index' | 'mac'>,
  nextHop: string,
  asker: string,
): Promise<string | undefined> {
  const address = parseAddress(nextHop);
  const family = address.length === 4 ? 4 : 6;
  const resolution = resolutionOf(family);
  const frame = new Uint8Array(resolution.frameBytes);
  const sender = { mac: parseMac(link.mac), address: parseAddress(asker) };
  const length = resolution.writeRequest(frame, sender, address);
  const wanted = keyOf(address);
  const socket = new LinkSocket(family, link.index);
  try {
    for (const waitMs of WAITS_MS) {
      socket.send(frame.subarray(0, length));
      for (const endMs = performance.now() + waitMs; performance.now() < endMs; await sleep(LOOK_EVERY_MS)) {
        for (let got = socket.receive(0); got !== undefined; got = socket.receive(0)) {
          const said = resolution.read(got);
          // A request also announces its sender.
          if (said !== undefined && keyOf(said.claims) === wanted) return formatMac(said.mac);
        }
      }
    }
    return undefined;
  } finally {
    socket.close();
  }
}
