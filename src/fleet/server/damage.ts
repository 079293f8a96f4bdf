import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readCredentials } from '../credentials.ts';
import { PROBE_ID } from '../protocol.ts';
import { isAuthorityWhole } from './certificate.ts';
import type { Users } from './users.ts';

/** What of a fleet's folder is not what it should be, and what follows, before anything is made anew: a line for each. */
export async function findDamage(dir: string, { probes }: Users): Promise<string[]> {
  const folder = join(dir, 'credentials');
  const files = await readdir(folder).catch((): string[] => []);
  const found: string[] = [];
  const known = new Set(probes.map(({ id }) => id));
  for (const file of files.filter((name) => name.endsWith('.json')).sort()) {
    const name = file.slice(0, -'.json'.length);
    const path = join(folder, file);
    const isOwn = name === 'operator' || name === 'server';
    if (!(isOwn || known.has(name)) || !PROBE_ID.test(name)) continue;
    const role = await readCredentials(path).then(
      (read) => read.role,
      () => undefined,
    );
    if (role !== undefined && ('id' in role ? role.id : role.kind) === name) continue;
    const what = `${path} does not hold ${role === undefined ? 'credentials' : 'its own credentials'}`;
    found.push(`${what}: ${isOwn ? OWN[name] : ofProbe(name)}`);
  }
  const key = join(dir, 'ca.key');
  const isThere = await stat(key).then(
    () => true,
    () => false,
  );
  if (isThere && !(await isAuthorityWhole(dir)))
    found.push(
      `${key} is not the key of ca.crt: "fleet up" goes on without it until the server\u2019s certificate has to be signed anew, 30 days before its end or for another name; bring the key back from where it is kept`,
    );
  return found;
}

const OWN = {
  operator: 'it is made anew, and copies that operators have elsewhere are not taken any more',
  server: 'it is made anew; in a cluster, copy it to the other servers, and start them again',
} as const;

function ofProbe(id: string): string {
  return `the server takes ${id} as before, if that has its own; if not: "rushhour fleet revoke ${id}", and enroll it anew`;
}
