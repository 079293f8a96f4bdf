import type { AttemptRecord } from '../types.ts';
import type { ConnectionTable } from './connection-table.ts';

/** Copies a connection's data from the table; the caller records how it ended. */
export function fillRecord(record: AttemptRecord, table: ConnectionTable, slot: number): void {
  record.arm = table.arm[slot]!;
  record.attempt = table.attempt[slot]!;
  record.endpoint = table.endpoint[slot]!;
  record.source = table.source[slot]!;
  record.sourcePort = table.sourcePort[slot]!;
  record.intendedAtUs = table.intendedAtUs[slot]!;
  record.startedAtUs = table.startedAtUs[slot]!;
  record.establishedAtUs = table.establishedAtUs[slot]!;
  record.challengedAtUs = table.challengedAtUs[slot]!;
  record.firstByteAtUs = table.firstByteAtUs[slot]!;
  record.respondedAtUs = table.respondedAtUs[slot]!;
  record.provedAtUs = table.provedAtUs[slot]!;
  record.proofAgeUs = table.proofAgeUs[slot]!;
  record.synRetransmits = table.synRetransmits[slot]!;
  record.requestRetransmits = table.requestRetransmits[slot]!;
  record.rttUs = table.rttUs[slot]!;
  record.minRttUs = table.minRttUs[slot]!;
  record.mss = table.mss[slot]!;
  record.tcpOptions = table.tcpOptions[slot]!;
  record.bytes = table.bytes[slot]!;
}
