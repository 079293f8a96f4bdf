import { readFileSync } from 'node:fs';

/** Of this network namespace. */
const COUNTERS = '/proc/net/netstat';

/**
 * Counts what this machine itself would not let out: segments, SYNs among them, that TCP sent again and that never left, as an
 * nftables output chain, a full conntrack table, or a full queue dropped them (LINUX_MIB_TCPRETRANSFAIL,
 * net/ipv4/tcp_output.c, __tcp_retransmit_skb). The first SYN of a connection is not counted so: nothing tells of that one.
 * @param read the counters' file
 * @returns how many since the last call; 0 where the system does not tell
 */
export function countLocalDrops(read: () => string = readCounters): () => number {
  let last = readDrops(read());
  return () => {
    const now = readDrops(read());
    const since = Math.max(0, now - last);
    last = now;
    return since;
  };
}

function readCounters(): string {
  try {
    return readFileSync(COUNTERS, 'latin1');
  } catch {
    return '';
  }
}

/** Two lines: names and figures, in the same order (proc_pid_net(5)). */
function readDrops(text: string): number {
  const [names = [], figures = []] = text
    .split('\n')
    .filter((line) => line.startsWith('TcpExt:'))
    .map((line) => line.split(' '));
  const at = names.indexOf('TCPRetransFail');
  return at < 0 ? 0 : Number(figures[at] ?? 0);
}
