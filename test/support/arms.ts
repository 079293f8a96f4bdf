import type { AttemptRecord, CompiledRequest, Endpoint, EngineArm } from '../../src/engine/types.ts';
import { classify } from '../../src/outcome/classify.ts';
import type { Expectation } from '../../src/outcome/expectation.ts';
import type { Outcome } from '../../src/outcome/outcome.ts';

const NONCE_WIDTH = 12;

/** Far above what any case needs, far below a test's own limit: what a case does not time must not time out. */
const PATIENT_US = 15_000_000;

export const GET = requestOf('GET / HTTP/1.1\r\nHost: peer\r\n\r\n');

/** A request with its `{nonce}` places found, independently of the compiler that scenarios go through. */
export function requestOf(text: string): CompiledRequest {
  const [first = '', ...rest] = text.split('{nonce}');
  const nonceOffsets: number[] = [];
  let bytes = first;
  for (const part of rest) {
    nonceOffsets.push(bytes.length);
    bytes += '0'.repeat(NONCE_WIDTH) + part;
  }
  return {
    bytes: Buffer.from(bytes, 'latin1'),
    nonceOffsets,
    nonceWidth: NONCE_WIDTH,
    responseHasNoBody: text.startsWith('HEAD '),
  };
}

/** A request with the place of its `{credentials}` found, too. */
export function authRequestOf(text: string): CompiledRequest {
  const [before = '', after = ''] = text.split('{credentials}');
  return { ...requestOf(before + after), credentialsAt: requestOf(before).bytes.length };
}

export function nonceOf(attempt: number): string {
  return String(attempt).padStart(NONCE_WIDTH, '0');
}

export function endpointOf(at: { readonly host: string; readonly port: number }): Endpoint {
  return { address: at.host, port: at.port, family: at.host.includes(':') ? 6 : 4 };
}

/** An arm that sends {@link GET} and waits for the far end to close, unless told otherwise. */
export function armTo(
  at: { readonly host: string; readonly port: number },
  changes: Partial<EngineArm> = {},
): EngineArm {
  return { ...bareArmTo(at), request: GET, close: 'peer', ...changes };
}

/** An arm that only connects, then closes. */
export function bareArmTo(
  at: { readonly host: string; readonly port: number },
  changes: Partial<EngineArm> = {},
): EngineArm {
  return {
    endpoints: [endpointOf(at)],
    sources: [],
    close: 'fin',
    handshakeTimeoutUs: PATIENT_US,
    responseTimeoutUs: PATIENT_US,
    holdUs: 0,
    socket: {},
    ...changes,
  };
}

/** The outcome of a record; any status counts as expected where nothing else is said. */
export function outcomeOf(
  record: AttemptRecord,
  expected: Expectation = { kind: 'status', statuses: [] },
): Outcome {
  return classify(record, expected);
}

/** How many records ended in each outcome. */
export function countOutcomes(records: readonly AttemptRecord[]): Partial<Record<Outcome, number>> {
  const counts: Partial<Record<Outcome, number>> = {};
  for (const record of records) {
    const outcome = outcomeOf(record);
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
}
