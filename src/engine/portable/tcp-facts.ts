import type { Socket } from 'node:net';
import { createTcpInfo, keepIcmpErrors, readLocalPort, readTcpInfo } from '../../net/index.ts';
import { mayHaveResent } from '../resent.ts';
import type { AttemptRecord } from '../types.ts';

const tcpInfo = createTcpInfo();

/**
 * Records what the kernel knows of a connection; call while its descriptor is open. For a failed handshake, only the
 * SYNs are recorded.
 * @param fd -1 if the system exposes none
 */
export function readFacts(
  record: AttemptRecord,
  fd: number,
  family: 4 | 6,
  socket: Pick<Socket, 'localPort'> | undefined,
): void {
  if (fd < 0) {
    record.sourcePort ||= socket?.localPort ?? 0;
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

/**
 * Records retransmissions since the handshake; call while the descriptor is open.
 * @param sentBytes since the handshake
 * @param nowUs by the engine's clock
 */
export function readResent(record: AttemptRecord, fd: number, sentBytes: number, nowUs: number): void {
  if (record.synRetransmits < 0 || sentBytes === 0) return;
  if (!mayHaveResent(nowUs - record.establishedAtUs, sentBytes, record.mss)) {
    record.requestRetransmits = 0;
    return;
  }
  readTcpInfo(fd, tcpInfo);
  if (tcpInfo.totalRetransmits >= 0)
    record.requestRetransmits = tcpInfo.totalRetransmits - record.synRetransmits;
  if (record.bytes > 0) record.minRttUs = tcpInfo.minRttUs;
}
