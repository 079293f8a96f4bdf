import { resolve } from 'node:path';
import { UsageError } from '../../errors.ts';
import type { Host } from '../host.ts';

/** What may wait on a probe's disk to be sent, if its user says nothing. */
export const KEEP_UNSENT_BYTES = 2_000_000_000;

/** What a probe is given, each a file. */
export interface ProbeFiles {
  readonly credentials?: string;
  readonly policy?: string;
}

/** @param usage what to type instead @throws UsageError if it was not given */
export function probeFile(
  { cwd }: Host,
  files: ProbeFiles,
  flag: 'credentials' | 'policy',
  usage = 'rushhour probe --credentials FILE --policy FILE --results DIR; docs/fleet.md tells what these hold',
): string {
  const file = files[flag];
  if (file !== undefined) return resolve(cwd, file);
  throw new UsageError(`a probe needs --${flag} FILE`, {
    hint: usage,
  });
}
