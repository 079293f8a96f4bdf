import { readFileSync } from 'node:fs';
import type { LocalDrops } from '../../metrics/types.ts';

/** Of this network namespace. */
export const COUNTERS = '/proc/net/netstat';
export const CONNTRACK = '/proc/net/stat/nf_conntrack';

/**
 * Counts what this machine itself dropped on output. Of segments that TCP retransmitted, SYNs included, each one that
 * an nftables output chain, a full conntrack table or a full queue dropped is counted (LINUX_MIB_TCPRETRANSFAIL,
 * net/ipv4/tcp_output.c, __tcp_retransmit_skb). The first SYN of a connection is counted only if a full conntrack table
 * dropped it (`drop`, net/netfilter/nf_conntrack_core.c, nf_conntrack_in).
 * @param read reads a file of counters, by its path; empty if there is none
 * @returns how many since the last call; counts of 0, and those that the system does not provide, are left out
 */
export function countLocalDrops(read: (path: string) => string = readCounters): () => LocalDrops {
  let last = readDrops(read);
  return () => {
    const now = readDrops(read);
    const resent = now.resent - last.resent;
    const conntrack = now.conntrack - last.conntrack;
    last = now;
    return {
      ...(resent > 0 ? { localDrops: resent } : {}),
      ...(conntrack > 0 ? { conntrackDrops: conntrack } : {}),
    };
  };
}

function readCounters(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function readDrops(read: (path: string) => string): { resent: number; conntrack: number } {
  return { resent: readResent(read(COUNTERS)), conntrack: readConntrack(read(CONNTRACK)) };
}

/** Two lines: names and values, in the same order (proc_pid_net(5)). */
function readResent(text: string): number {
  const [names = [], figures = []] = text
    .split('\n')
    .filter((line) => line.startsWith('TcpExt:'))
    .map((line) => line.split(' '));
  const at = names.indexOf('TCPRetransFail');
  return at < 0 ? 0 : Number(figures[at] ?? 0);
}

/**
 * A line of names, then a line of hexadecimal values for each processor (ct_cpu_seq_show(), nf_conntrack_standalone.c).
 */
function readConntrack(text: string): number {
  const [names = [], ...processors] = text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  const at = names.indexOf('drop');
  return at < 0 ? 0 : processors.reduce((sum, figures) => sum + Number.parseInt(figures[at] ?? '0', 16), 0);
}
