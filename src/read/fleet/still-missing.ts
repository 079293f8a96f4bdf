import { join } from 'node:path';
import { openRegular } from '../../bounded-file.ts';
import { type FleetFilePart, isFileName } from '../../store/fleet-file.ts';

type Copy = NonNullable<FleetFilePart['copy']>;

/** Of a gap so much is looked at, bytes. */
const LOOKED_AT_BYTES = 65_536;

/**
 * What a folder still lacks of what it lacked as it was received: it may have been put back since, as from the probe or from
 * a backup.
 */
export async function findStillMissing(dir: string, copy: Copy): Promise<Copy> {
  const missing: Copy['missing'][number][] = [];
  for (const bytes of copy.missing) if (!(await isThere(dir, bytes))) missing.push(bytes);
  return { ...copy, missing };
}

/** Bytes that never came before others are a hole, which reads as zeros. */
async function isThere(dir: string, { file, fromByte, toByte }: Copy['missing'][number]): Promise<boolean> {
  // fleet.json may come from another machine: no name in it leads out of the folder.
  if (!isFileName(file)) return false;
  const handle = await openRegular(join(dir, file)).catch(() => undefined);
  if (handle === undefined) return false;
  try {
    if ((await handle.stat()).size < toByte) return false;
    const length = Math.min(toByte - fromByte, LOOKED_AT_BYTES);
    if (length <= 0) return true;
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, fromByte);
    return buffer.subarray(0, bytesRead).some((byte) => byte !== 0);
  } catch {
    return false;
  } finally {
    await handle.close();
  }
}
