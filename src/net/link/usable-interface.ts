import { EnvironmentError } from '../../errors.ts';
import type { LinkInterface } from './interfaces.ts';

/**
 * What keeps the packet engine from using an interface, as in "it is down".
 * @returns undefined if nothing does
 */
export function whyUnusable(link: LinkInterface): { what: string; mend: string } | undefined {
  const { name, hardware, kind, isUp, hasCarrier, isWithoutArp } = link;
  if (hardware === 'loopback') {
    const mend = 'use --engine raw: the kernel accepts packets to loopback only from its own sockets';
    return { what: 'it is the loopback interface', mend };
  }
  if (hardware === 'other') {
    const what = `it is ${kind === '' ? 'an interface' : `a tunnel (${kind})`} without Ethernet addresses`;
    const mend = 'use --engine raw, which works through tunnels, or --interface with an Ethernet interface';
    return { what, mend };
  }
  if (!isUp) return { what: 'it is down', mend: `ip link set ${quote(name)} up, as root` };
  if (!hasCarrier)
    return { what: 'it has no carrier', mend: 'plug its cable in, or connect it to a network' };
  if (isWithoutArp) {
    const what = `it has no ARP${kind === '' ? '' : ` (${kind})`}, so no host can be found on it`;
    return { what, mend: `ip link set ${quote(name)} arp on, as root, or use another interface` };
  }
  return undefined;
}

/** @throws EnvironmentError if the packet engine cannot send on an interface */
export function checkInterface(link: LinkInterface): void {
  const why = whyUnusable(link);
  if (why === undefined) return;
  throw new EnvironmentError(`the packet engine cannot use ${link.name}: ${why.what}`, { hint: why.mend });
}

/**
 * For a shell. Names may contain anything except white space, slashes and colons (dev_valid_name(), net/core/dev.c).
 */
function quote(name: string): string {
  return /^[\w.@-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
}
