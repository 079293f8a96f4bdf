import { EnvironmentError } from '../../../errors.ts';
import { hasMajority, type Reach } from '../../../fleet/enrolment.ts';
import { escapeControls } from '../../../render/escape.ts';
import type { Host } from '../../host.ts';

/**
 * Says which servers of a cluster do not know of a change of its users yet.
 * @param what has changed, such as `leeds-1 is revoked`
 * @throws EnvironmentError unless most of them know
 */
export function tellReach(
  host: Host,
  { what, reach }: { readonly what: string; readonly reach: Reach | undefined },
  hint: string,
): void {
  if (reach === undefined || reach.missing.length === 0) return;
  const names = escapeControls(reach.missing.join(', '));
  const isOne = reach.missing.length === 1;
  if (hasMajority(reach)) {
    host.stderr.write(
      `rushhour: ${names} ${isOne ? 'does' : 'do'} not know of it yet, and ${isOne ? 'hears' : 'hear'} of it on coming back\n`,
    );
    return;
  }
  const known = reach.servers - reach.missing.length;
  throw new EnvironmentError(
    `${what} on ${known} of ${reach.servers} servers alone: ${names} did not answer`,
    { hint },
  );
}
