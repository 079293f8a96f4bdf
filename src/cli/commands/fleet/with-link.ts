import type { Link } from '../../../fleet/connect.ts';
import { type OperatorFlags, operatorFile } from '../../flags/fleet-options.ts';
import type { Host } from '../../host.ts';

/** Does something with the connection of an operator, and closes it. */
export async function withLink<T>(
  host: Host,
  flags: OperatorFlags,
  act: (link: Link) => Promise<T>,
): Promise<T> {
  const [{ connectFleet }, { readOwnCredentials }, { readServerProxy }] = await Promise.all([
    import('../../../fleet/connect.ts'),
    import('../../read-own-credentials.ts'),
    import('../../../fleet/link/read-proxy.ts'),
  ]);
  const proxy = await readServerProxy(host, flags);
  const credentials = await readOwnCredentials(host, operatorFile(host, flags));
  const link = await connectFleet(credentials, { isPatient: false, proxy });
  try {
    return await act(link);
  } finally {
    await link.connection.close();
  }
}
