import { constants } from 'node:os';
import type { AttemptRecord } from '../../src/engine/types.ts';
import { type RecordedArm, Recorder } from '../../src/metrics/recorder.ts';
import { FIRST_USE } from '../../src/metrics/reuse-bins.ts';

/** Two endpoints, one source, stalls from 900 ms. */
export const STRESS: RecordedArm = {
  name: 'stress',
  stallAfterUs: 900_000,
  expect: { kind: 'status', statuses: [200] },
  endpoints: ['10.0.0.1:3128', '10.0.0.2:3128'],
  sources: ['192.0.2.7'],
};

export function recorderOf(arms: readonly RecordedArm[] = [STRESS], maxStallsPerFrame = 100): Recorder {
  return new Recorder({ arms, maxStallsPerFrame });
}

/** An attempt that did all that was asked of it: established after 1 ms, answered after 3 ms. */
export function recordOf(changes: Partial<AttemptRecord> = {}): AttemptRecord {
  const startedAtUs = changes.startedAtUs ?? changes.intendedAtUs ?? 0;
  return {
    arm: 0,
    attempt: 0,
    endpoint: 0,
    source: -1,
    sourcePort: 0,
    intendedAtUs: startedAtUs,
    startedAtUs,
    establishedAtUs: startedAtUs + 1_000,
    challengedAtUs: -1,
    challengeStatus: 0,
    schemesOffered: '',
    refusedBy: '',
    errorName: '',
    tunnelStatus: 0,
    tunnelledAtUs: -1,
    securedAtUs: -1,
    unaskedUs: 0,
    firstByteAtUs: startedAtUs + 2_000,
    respondedAtUs: startedAtUs + 3_000,
    provedAtUs: -1,
    proofAgeUs: -1,
    endedAtUs: startedAtUs + 4_000,
    synRetransmits: 0,
    requestRetransmits: 0,
    rttUs: 300,
    minRttUs: -1,
    mss: 1_448,
    tcpOptions: 7,
    bytes: 120,
    phase: 'done',
    cause: 'none',
    errno: 0,
    status: 200,
    ...changes,
  };
}

/** A handshake that ended after `handshakeUs` and was never established. */
export function unestablished(changes: Partial<AttemptRecord> & { handshakeUs: number }): AttemptRecord {
  const { handshakeUs, ...rest } = changes;
  const startedAtUs = changes.startedAtUs ?? 0;
  return recordOf({
    establishedAtUs: -1,
    firstByteAtUs: -1,
    respondedAtUs: -1,
    endedAtUs: startedAtUs + handshakeUs,
    bytes: 0,
    status: 0,
    phase: 'handshake',
    cause: 'timeout',
    ...rest,
  });
}

/** A start that this machine refused with an error number. */
export function refusedLocally(code: keyof typeof constants.errno, changes: Partial<AttemptRecord> = {}) {
  const errno = constants.errno[code];
  return unestablished({ handshakeUs: 0, phase: 'start', cause: 'errno', errno, ...changes });
}

/** Hands a record in as a worker would: begun, established where it was, settled. */
export function play(recorder: Recorder, record: AttemptRecord, ramp = false, age = FIRST_USE): void {
  const begun = { intendedAtUs: record.intendedAtUs, begunAtUs: record.startedAtUs };
  recorder.begun(record.arm, ramp, record.endpoint, begun, age);
  if (record.establishedAtUs >= 0) recorder.established(record, ramp, age);
  recorder.settled(record, ramp, age);
}
