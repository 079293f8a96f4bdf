/**
 * Counters of the kernel that say something about connections that do not come about, or are lost, by their names in nstat(8);
 * of every other file that is read all are kept. Each second keeps those that moved.
 */
export const KEPT_COUNTERS: ReadonlySet<string> = new Set([
  // How many SYNs were sent, and again (LINUX_MIB_TCPSYNRETRANS counts SYN-ACKs that were sent again as well).
  ...['TcpActiveOpens', 'TcpPassiveOpens', 'TcpOutSegs', 'TcpRetransSegs', 'TcpExtTCPSynRetrans'],
  // What became of connections.
  ...['TcpAttemptFails', 'TcpEstabResets', 'TcpOutRsts', 'TcpInErrs', 'TcpInCsumErrors'],
  ...['TcpExtTCPTimeouts', 'TcpExtTCPAbortOnTimeout', 'TcpExtTCPAbortOnMemory', 'TcpExtTCPAbortFailed'],
  // What never left this machine.
  ...['TcpExtTCPRetransFail', 'IpOutDiscards', 'IpOutNoRoutes', 'IpFragFails'],
  // Queues of whoever accepts: of this machine where it is the far end.
  ...['TcpExtListenOverflows', 'TcpExtListenDrops', 'TcpExtTCPReqQFullDrop', 'TcpExtTCPReqQFullDoCookies'],
  ...['TcpExtTCPBacklogDrop', 'TcpExtTCPMinTTLDrop', 'TcpExtTCPDeferAcceptDrop'],
  // What was taken for a segment of another connection.
  ...['TcpExtPAWSActive', 'TcpExtPAWSEstab', 'TcpExtPAWSTimewait', 'TcpExtTSEcrRejected'],
  ...['TcpExtTCPChallengeACK', 'TcpExtTCPACKSkippedTimeWait', 'TcpExtTCPTimeWaitOverflow', 'TcpExtTW'],
  // What was thrown away as it came.
  ...[
    'IpInDiscards',
    'IpInAddrErrors',
    'IpInNoRoutes',
    'IpReasmFails',
    'IcmpInDestUnreachs',
    'IcmpInTimeExcds',
  ],
]);

export function isKept(name: string): boolean {
  return name.includes('.') || KEPT_COUNTERS.has(name);
}
