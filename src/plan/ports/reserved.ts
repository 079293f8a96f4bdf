import type { PortRange } from '../../scenario/units.ts';

/** Parses the list in net.ipv4.ip_local_reserved_ports: `8080,9148-9150`, or nothing (ip-sysctl.rst). */
export function parseReservedPorts(text: string): PortRange[] {
  return [...text.matchAll(/(\d+)(?:-(\d+))?/g)].map(([, from, to = from]) => ({
    from: Number(from),
    to: Number(to),
  }));
}

/**
 * A line of /proc/net/tcp or tcp6: number, local and remote address in hexadecimal, state (proc_net_tcp.rst). State
 * 0A is TCP_LISTEN (include/net/tcp_states.h).
 */
const LISTENING = /^ *\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} 0A /gm;

/** Listening ports, each once and ascending, from the text of /proc/net/tcp, tcp6, or both. */
export function parseListeningPorts(text: string): number[] {
  const ports = [...text.matchAll(LISTENING)].map(([, port = '']) => Number.parseInt(port, 16));
  return [...new Set(ports)].sort((a, b) => a - b);
}

/** In any state other than listening: 01 established, 06 TIME_WAIT, and so on. */
const NOT_LISTENING = /^ *\d+: [0-9A-F]+:[0-9A-F]{4} [0-9A-F]+:[0-9A-F]{4} (?!0A)[0-9A-F]{2} /m;

/**
 * Whether the first part of /proc/net/tcp or tcp6 contains all listening ports: Linux writes those before any other
 * (tcp_seq_start and tcp_seq_next in net/ipv4/tcp_ipv4.c), of which a load leaves tens of thousands in TIME_WAIT.
 */
export function hasAllListening(text: string): boolean {
  return NOT_LISTENING.test(text);
}

/** The rest of a range after removing blocked ports, ascending. Blocked ranges may overlap, in any order. */
export function subtractPorts(range: PortRange, blocked: readonly PortRange[]): PortRange[] {
  const left: PortRange[] = [];
  let next = range.from;
  for (const { from, to } of blocked.toSorted((a, b) => a.from - b.from)) {
    if (from > range.to) break;
    if (from > next) left.push({ from: next, to: from - 1 });
    next = Math.max(next, to + 1);
  }
  if (next <= range.to) left.push({ from: next, to: range.to });
  return left;
}
