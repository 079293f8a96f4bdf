import type { Socket } from 'node:net';
import { createTcpInfo, keepIcmpErrors, readLocalPort, readTcpInfo } from '../libc/index.ts';
import type { AttemptRecord } from '../types.ts';

const tcpInfo = createTcpInfo();

/**
 * Notes what the system knows of a connection, while its descriptor is open. Of a handshake that failed, only the SYNs
 * are worth keeping.
 * @param fd -1 where the system shows none
 */
export function readFacts(record: AttemptRecord, fd: number, family: 4 | 6, socket: Socket): void {
  if (fd < 0) {
    record.sourcePort ||= socket.localPort ?? 0;
    return;
  }
  record.sourcePort ||= readLocalPort(fd);
  readTcpInfo(fd, tcpInfo);
  record.synRetransmits = tcpInfo.totalRetransmits;
  if (record.establishedAtUs < 0) return;
  keepIcmpErrors(fd, family, false);
  record.rttUs = tcpInfo.rttUs;
  record.mss = tcpInfo.mss;
  record.tcpOptions = tcpInfo.options;
}
