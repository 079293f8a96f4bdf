import type { RunListing } from '../../src/read/listing.ts';

/** A run in a list: complete and passed unless told otherwise. */
export function listing(id: string, changes: Partial<RunListing> & { pass?: boolean } = {}): RunListing {
  const { pass = true, ...rest } = changes;
  const status = rest.status ?? 'complete';
  return {
    id,
    dir: `/results/${id}`,
    name: id,
    scenario: 'steady',
    label: '',
    note: '',
    startedAt: '2025-01-31T06:00:00.000Z',
    status,
    verdict: status === 'complete' ? { pass, criteria: [], generatorLimited: false, reasons: [] } : undefined,
    bytes: 1_000,
    ...rest,
  };
}
