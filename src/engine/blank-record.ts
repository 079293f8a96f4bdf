import type { AttemptRecord } from './types.ts';

/** Shared by all attempts whose response meets every condition, or that have none. */
export const ALL_MET: readonly string[] = [];

/**
 * Creates a record in which nothing has happened yet.
 * @param beginning what is known of the attempt so far
 */
export function createAttemptRecord(beginning: Partial<AttemptRecord> = {}): AttemptRecord {
  return {
    phase: 'start',
    cause: 'none',
    errno: 0,
    status: 0,
    unmet: ALL_MET,
    arm: 0,
    attempt: 0,
    endpoint: 0,
    source: -1,
    sourcePort: 0,
    intendedAtUs: -1,
    startedAtUs: -1,
    establishedAtUs: -1,
    challengedAtUs: -1,
    challengeStatus: 0,
    schemesOffered: '',
    refusedBy: '',
    errorName: '',
    lacks: 'nothing known',
    tunnelStatus: 0,
    tunnelledAtUs: -1,
    securedAtUs: -1,
    unaskedUs: 0,
    firstByteAtUs: -1,
    respondedAtUs: -1,
    provedAtUs: -1,
    proofAgeUs: -1,
    endedAtUs: -1,
    synRetransmits: -1,
    requestRetransmits: -1,
    rttUs: -1,
    minRttUs: -1,
    mss: -1,
    tcpOptions: -1,
    bytes: 0,
    ...beginning,
  };
}
