import { constants } from 'node:os';
import { readRefusal } from '../../net/index.ts';
import { CANNOT_TELL } from '../../outcome/refusal.ts';
import { diagnoseRefusal } from '../lack.ts';
import type { AttemptRecord, Endpoint } from '../types.ts';

/**
 * Records what answered the SYN of a failed connection, see outcome/refusal.ts, and whether this machine itself did.
 * Call while the descriptor is open.
 * @param fd -1 if the system exposes none
 */
export function noteRefusal(record: AttemptRecord, fd: number, endpoint: Endpoint, errno: number): void {
  record.refusedBy = describeRefusal(fd, endpoint.family, errno);
  if (record.refusedBy !== '') record.lacks = diagnoseRefusal(record.refusedBy, endpoint);
}

/** Empty if nothing did. */
function describeRefusal(fd: number, family: 4 | 6, errno: number): string {
  if (fd >= 0) return readRefusal(fd, family, errno);
  const { ECONNREFUSED, EHOSTUNREACH, ENETUNREACH } = constants.errno;
  return [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH].includes(errno) ? CANNOT_TELL : '';
}
