import { constants } from 'node:os';
import { readRefusal } from '../../net/index.ts';
import { CANNOT_TELL } from '../../outcome/refusal.ts';

/**
 * What answered the SYN of a failed connection, see outcome/refusal.ts; empty if nothing did. Call while the
 * descriptor is open.
 * @param fd -1 if the system exposes none
 */
export function describeRefusal(fd: number, family: 4 | 6, errno: number): string {
  if (fd >= 0) return readRefusal(fd, family, errno);
  const { ECONNREFUSED, EHOSTUNREACH, ENETUNREACH } = constants.errno;
  return [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH].includes(errno) ? CANNOT_TELL : '';
}
