import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CaptureFile } from '../pcap/read-files.ts';

/** A run that was resumed has several: far.pcapng, far-2.pcapng and so on. */
const OWN = /^far(?:-(\d+))?\.pcapng$/;
const CAPTURES = 'capture';

/** What a peer recorded for a run, in the order in which it was recorded; empty: nothing. */
export async function listOwnCaptures(dir: string): Promise<CaptureFile[]> {
  const names = await readdir(join(dir, CAPTURES)).catch(() => []);
  return names
    .flatMap((name) => {
      const match = OWN.exec(name);
      return match === null ? [] : [{ name, number: Number(match[1] ?? 1) }];
    })
    .sort((a, b) => a.number - b.number)
    .map(({ name }) => ({ path: join(dir, CAPTURES, name), shown: `${CAPTURES}/${name}` }));
}
