import type { Link } from '../../../fleet/connect.ts';
import { type OperatorFlags, operatorFile } from '../../flags/fleet-options.ts';
import type { Host } from '../../host.ts';

/** Does something with the connection of an operator, and closes it. */
export async function withLink<T>(
  host: Host,
  flags: OperatorFlags,
  act: (link: Link) => Promise<T>,
): Promise<T> {
  const [{ connectFleet }, { readCredentials }, { readServerProxy }] = await Promise.all([
    import('../../../fleet/connect.ts'),
    import('../../../fleet/credentials.ts'),
    import('../../../fleet/link/read-proxy.ts'),
  ]);
  const proxy = await readServerProxy(host, flags);
  const credentials = await readCredentials(operatorFile(host, flags));
  const link = await connectFleet(credentials, { isPatient: false, proxy });
  try {
    return await act(link);
  } finally {
    await link.connection.close();
  }
}
