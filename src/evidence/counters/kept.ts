/**
 * Kernel counters about connections that fail or are lost, under their names in nstat(8). From the other files read, all
 * counters are kept. Each second keeps those that changed.
 */
export const KEPT_COUNTERS: ReadonlySet<string> = new Set([
  // SYNs sent and retransmitted (LINUX_MIB_TCPSYNRETRANS also counts retransmitted SYN-ACKs).
  ...['TcpActiveOpens', 'TcpPassiveOpens', 'TcpOutSegs', 'TcpRetransSegs', 'TcpExtTCPSynRetrans'],
  // How connections ended.
  ...['TcpAttemptFails', 'TcpEstabResets', 'TcpOutRsts', 'TcpInErrs', 'TcpInCsumErrors'],
  ...['TcpExtTCPTimeouts', 'TcpExtTCPAbortOnTimeout', 'TcpExtTCPAbortOnMemory', 'TcpExtTCPAbortFailed'],
  // What never left this machine.
  ...['TcpExtTCPRetransFail', 'IpOutDiscards', 'IpOutNoRoutes', 'IpFragFails'],
  // Accept queues: those of this machine if it is the far end.
  ...['TcpExtListenOverflows', 'TcpExtListenDrops', 'TcpExtTCPReqQFullDrop', 'TcpExtTCPReqQFullDoCookies'],
  ...['TcpExtTCPBacklogDrop', 'TcpExtTCPOFOQueue', 'TcpExtTCPMinTTLDrop', 'TcpExtTCPDeferAcceptDrop'],
  // What came twice. No run is without the first: records that have it have counted the other.
  ...['TcpInSegs', 'TcpExtDelayedACKLost'],
  // Segments mistaken for those of another connection.
  ...['TcpExtPAWSActive', 'TcpExtPAWSEstab', 'TcpExtPAWSTimewait', 'TcpExtTSEcrRejected'],
  ...['TcpExtTCPChallengeACK', 'TcpExtTCPACKSkippedTimeWait', 'TcpExtTCPTimeWaitOverflow', 'TcpExtTW'],
  // SYN-ACKs that came again to an open connection: the far end has not taken its ACK.
  'TcpExtTCPSYNChallenge',
  // Packets discarded on arrival.
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
