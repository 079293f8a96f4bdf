import { stat } from 'node:fs/promises';
import { type Credentials, readCredentials } from '../fleet/credentials.ts';
import { escapeControls } from '../render/escape.ts';
import { quoteForShell } from '../service/quote.ts';
import type { Host } from './host.ts';

/** Rights of the group and of everybody (stat, st_mode). */
const OTHERS = 0o077;

/**
 * Reads the credentials of a probe or an operator, and warns if other users of this machine may read them.
 * @throws UsageError
 */
export async function readOwnCredentials(host: Host, file: string): Promise<Credentials> {
  const credentials = await readCredentials(file);
  if (await isOpenToOthers(file)) {
    host.stderr.write(
      `rushhour: warning: other users of this machine may read ${escapeControls(file)}, which holds a secret key: chmod 600 ${quoteForShell(escapeControls(file))}\n`,
    );
  }
  return credentials;
}

/**
 * It is no reason to refuse: on a file system without modes (vfat, a share) chmod changes nothing, and a probe that does
 * not start after an upgrade is out of reach. Of files that are another's, whoever handed them over chose the mode:
 * systemd gives its credentials to a unit's user by an access list, which stat shows as rights of the group.
 */
async function isOpenToOthers(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  return found !== undefined && found.uid === process.geteuid?.() && (found.mode & OTHERS) !== 0;
}
