import type { AttemptRecord } from '../types.ts';
import type { ConnectionTable } from './connection-table.ts';

/** The one record that an engine shows its observer, over and over. */
export function createAttemptRecord(): AttemptRecord {
  return {
    phase: 'start',
    cause: 'none',
    errno: 0,
    status: 0,
    arm: 0,
    attempt: 0,
    endpoint: 0,
    source: -1,
    sourcePort: 0,
    intendedAtUs: -1,
    startedAtUs: -1,
    establishedAtUs: -1,
    firstByteAtUs: -1,
    respondedAtUs: -1,
    endedAtUs: -1,
    synRetransmits: -1,
    rttUs: -1,
    mss: -1,
    tcpOptions: -1,
    bytes: 0,
  };
}

/** Copies what the table knows of a connection; how it ended is the caller's to write. */
export function fillRecord(record: AttemptRecord, table: ConnectionTable, slot: number): void {
  record.arm = table.arm[slot]!;
  record.attempt = table.attempt[slot]!;
  record.endpoint = table.endpoint[slot]!;
  record.source = table.source[slot]!;
  record.sourcePort = table.sourcePort[slot]!;
  record.intendedAtUs = table.intendedAtUs[slot]!;
  record.startedAtUs = table.startedAtUs[slot]!;
  record.establishedAtUs = table.establishedAtUs[slot]!;
  record.firstByteAtUs = table.firstByteAtUs[slot]!;
  record.respondedAtUs = table.respondedAtUs[slot]!;
  record.synRetransmits = table.synRetransmits[slot]!;
  record.rttUs = table.rttUs[slot]!;
  record.mss = table.mss[slot]!;
  record.tcpOptions = table.tcpOptions[slot]!;
  record.bytes = table.bytes[slot]!;
}
