import type { Link } from '../../../fleet/connect.ts';

/** Does something with the connection of an operator, and closes it. */
export async function withLink<T>(credentialsFile: string, act: (link: Link) => Promise<T>): Promise<T> {
  const [{ connectFleet }, { readCredentials }] = await Promise.all([
    import('../../../fleet/connect.ts'),
    import('../../../fleet/credentials.ts'),
  ]);
  const link = await connectFleet(await readCredentials(credentialsFile), { isPatient: false });
  try {
    return await act(link);
  } finally {
    await link.connection.close();
  }
}
