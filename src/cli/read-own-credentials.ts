import { stat } from 'node:fs/promises';
import { type Credentials, readCredentials } from '../fleet/credentials.ts';
import { escapeControls } from '../render/escape.ts';
import { quoteForShell } from '../service/quote.ts';
import type { Host } from './host.ts';

const ORIGIN = {
  operator:
    '"rushhour fleet up" makes them: name the folder with --fleet DIR or RUSHHOUR_FLEET, or the file with --credentials',
  probe:
    '"rushhour probe --enroll TOKEN --credentials FILE" makes them, or "rushhour fleet up --probe ID" at the server: name the file with --credentials',
} as const;

/** Rights of the group and of everybody (stat, st_mode). */
const OTHERS = 0o077;

/**
 * Reads the credentials of a probe or an operator, and warns if other users of this machine may read them.
 * @throws UsageError
 */
export async function readOwnCredentials(
  host: Host,
  file: string,
  whose: keyof typeof ORIGIN,
): Promise<Credentials> {
  const credentials = await readCredentials(file, ORIGIN[whose]);
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
