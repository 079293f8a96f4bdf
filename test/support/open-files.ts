import { readdirSync, readlinkSync } from 'node:fs';

/** Files in a folder that this process has open, by name; deleted ones too. Linux. */
export function openFilesIn(dir: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      return path.startsWith(`${dir}/`) ? [path.slice(dir.length + 1)] : [];
    } catch {
      // It was closed meanwhile, as the one that listed them.
      return [];
    }
  });
}
