import type { HostCounters, LocalDrops } from '../../metrics/types.ts';
import { isKept } from './kept.ts';
import { type Counters, OWN_NET, type ReadFile, readCounters } from './read-counters.ts';

/** What a host's kernel counted in one second. */
export interface HostSecond extends LocalDrops {
  /** The counters that changed; absent: none did, or the system does not report them. */
  hostCounters?: HostCounters;
  /** The same for the far end's host, if it is on this machine. */
  farCounters?: HostCounters;
}

export interface CountedHosts {
  readonly read?: ReadFile;
  /** Folder with the network files of the far end's host, such as /proc/1234/net. */
  readonly far?: string | undefined;
  /** What the queues of this machine's interfaces dropped; undefined: not known. */
  readonly readQueues?: (() => readonly (readonly [name: string, drops: number])[]) | undefined;
}

/**
 * Returns how much the kernel's counters changed between calls, and how much this machine itself dropped on the way out. The
 * kernel counts each retransmitted segment, SYNs included, that never left because an nftables output chain, a full conntrack
 * table or a full queue dropped it (LINUX_MIB_TCPRETRANSFAIL, net/ipv4/tcp_output.c, __tcp_retransmit_skb). For the first SYN
 * of a connection, only a full conntrack table is counted (`drop`, net/netfilter/nf_conntrack_core.c, nf_conntrack_in).
 * @returns the changes since the last call, without counters that are unchanged or unavailable
 */
export function countHost({ read, far, readQueues = () => [] }: CountedHosts = {}): () => HostSecond {
  const takeOwn = countMoves(() => new Map([...readCounters(OWN_NET, read), ...readQueues()]));
  const takeFar = far === undefined ? undefined : countMoves(() => readCounters(far, read));
  return () => {
    const own = takeOwn();
    const others = takeFar?.() ?? {};
    const { TcpExtTCPRetransFail: resent = 0, 'conntrack.drop': conntrack = 0 } = own;
    return {
      ...(resent > 0 ? { localDrops: resent } : {}),
      ...(conntrack > 0 ? { conntrackDrops: conntrack } : {}),
      ...(isEmpty(own) ? {} : { hostCounters: own }),
      ...(isEmpty(others) ? {} : { farCounters: others }),
    };
  };
}

function isEmpty(counters: HostCounters): boolean {
  return Object.keys(counters).length === 0;
}

function countMoves(readNow: () => Counters): () => HostCounters {
  let last = readNow();
  return () => {
    const now = readNow();
    const moved: HostCounters = {};
    for (const [name, value] of now) {
      // A counter that appears later started at 0 with its module or interface; one that decreases was reset.
      const by = value - (last.get(name) ?? (last.size === 0 ? value : 0));
      if (by > 0 && isKept(name)) moved[name] = by;
    }
    last = now;
    return moved;
  };
}
