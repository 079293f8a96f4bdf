import { readText } from '../../../doctor/read.ts';
import { EnvironmentError } from '../../../errors.ts';
import { subtractPorts } from '../../../plan/ports/reserved.ts';
import type { PortRange } from '../../../scenario/units.ts';
import { countPorts } from '../sources.ts';

/** Lower ports belong to well-known services, which devices on the path may treat specially. */
const LOWEST_PORT = 10_000;
const HIGHEST_PORT = 65_535;

/** The engine keeps 4 bytes for each combination of address, port and endpoint, most of them untouched. */
const MAX_TUPLES = 8_000_000;

/** Default of net.ipv4.ip_local_port_range (ip-sysctl.rst). */
const DEFAULT_LOCAL: PortRange = { from: 32_768, to: 60_999 };

/** Ports that the kernel gives to sockets that do not name one, also for IPv6. */
export function readLocalPortRange(): PortRange {
  const [from, to] = (readText('/proc/sys/net/ipv4/ip_local_port_range') ?? '').split(/\s+/).map(Number);
  return from && to ? { from, to } : DEFAULT_LOCAL;
}

/**
 * Ports of this machine's own address that no socket is given: outside the range that the kernel chooses from, and not
 * blocked.
 * @param blocked reserved, or in use by a listener
 * @throws EnvironmentError if there are none
 */
export function findSparePorts(local: PortRange, blocked: readonly PortRange[]): PortRange[] {
  const spare = subtractPorts({ from: LOWEST_PORT, to: HIGHEST_PORT }, [local, ...blocked]);
  if (spare.length > 0) return spare;
  throw new EnvironmentError(
    `the kernel may hand every source port from ${LOWEST_PORT} upwards to other programs (net.ipv4.ip_local_port_range is ${local.from} ${local.to})`,
    {
      hint: 'reserve some for the packet engine: sysctl -w net.ipv4.ip_local_port_range="32768 60999", or set source.ports to ports that nothing else uses',
    },
  );
}

/**
 * Divides ports between several arms that would otherwise choose the same ports of the same addresses, and limits them
 * to what fits in memory.
 * @param addresses how many there are
 */
export function sharePorts(
  ranges: readonly PortRange[],
  { index, count, addresses }: { readonly index: number; readonly count: number; readonly addresses: number },
): PortRange[] {
  const most = Math.max(1, Math.floor(MAX_TUPLES / Math.max(1, addresses)));
  const each = Math.floor(countPorts(ranges) / count);
  return takePorts(ranges, index * each, Math.min(each, most));
}

/** This many ports starting at index `from`, counted through all ranges. */
function takePorts(ranges: readonly PortRange[], from: number, count: number): PortRange[] {
  const taken: PortRange[] = [];
  let skip = from;
  let left = count;
  for (const range of ranges) {
    const size = range.to - range.from + 1;
    const first = range.from + Math.min(skip, size);
    skip -= Math.min(skip, size);
    const last = Math.min(range.to, first + left - 1);
    if (last < first) continue;
    taken.push({ from: first, to: last });
    left -= last - first + 1;
  }
  return taken;
}
