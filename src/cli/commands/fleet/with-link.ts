import { UsageError } from '../../../errors.ts';
import type { Link } from '../../../fleet/connect.ts';
import { type OperatorFlags, operatorFile } from '../../flags/fleet-options.ts';
import type { Host } from '../../host.ts';

/** Does something with the connection of an operator, and closes it. */
export async function withLink<T>(
  host: Host,
  flags: OperatorFlags,
  act: (link: Link) => Promise<T>,
): Promise<T> {
  const [{ connectFleet }, { describeRole }, { readOwnCredentials }, { readServerProxy }] = await Promise.all(
    [
      import('../../../fleet/connect.ts'),
      import('../../../fleet/credentials.ts'),
      import('../../read-own-credentials.ts'),
      import('../../../fleet/link/read-proxy.ts'),
    ],
  );
  const proxy = await readServerProxy(host, flags);
  const file = operatorFile(host, flags);
  const credentials = await readOwnCredentials(host, file, 'operator');
  if (credentials.role.kind !== 'operator') {
    throw new UsageError(`${file} holds the credentials of ${describeRole(credentials.role)}`, {
      hint: 'give those of an operator: credentials/operator.json in the folder of the fleet',
    });
  }
  const link = await connectFleet(credentials, { isPatient: false, proxy });
  try {
    return await act(link);
  } finally {
    await link.connection.close();
  }
}
