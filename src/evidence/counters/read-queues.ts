import { findInterfaceByIndex } from '../../net/link/interfaces.ts';
import { NetlinkError } from '../../net/link/netlink-socket.ts';
import { listQueues } from '../../net/link/queues.ts';
import { isLibcAvailable } from '../../net/load.ts';

/** A host of containers has hundreds of interfaces. */
const MOST_QUEUES = 64;

/**
 * Reads what the queues of interfaces drop, which /proc tells nothing of: `eth0.qdisc_drops` on the way out, `eth0.ingress_drops` on
 * the way in. Of the network namespace of the thread that asks.
 * @returns a function that reads them, in which interfaces have the names under which it saw them first; undefined where the kernel
 *   cannot be asked
 */
export function openQueues(): (() => [name: string, drops: number][]) | undefined {
  if (process.platform !== 'linux' || !isLibcAvailable()) return undefined;
  const names = new Map<number, string>();
  const nameOf = (index: number): string => {
    const known = names.get(index) ?? findInterfaceByIndex(index)?.name ?? '';
    names.set(index, known);
    return known;
  };
  return () => {
    try {
      return listQueues()
        .slice(0, MOST_QUEUES)
        .flatMap(({ interfaceIndex, way, drops }) => {
          const name = nameOf(interfaceIndex);
          return name === '' ? [] : [[`${name}.${way === 'out' ? 'qdisc' : 'ingress'}_drops`, drops]];
        });
    } catch (error) {
      if (error instanceof NetlinkError) return [];
      throw error;
    }
  };
}
