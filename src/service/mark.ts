import type { InstalledSoak } from './installed-soak.ts';

/** The first line of every file that the installation writes: files without it belong to others. */
export const MARK =
  '# Written by rushhour soak install; rushhour soak uninstall removes it. Your changes will be lost.';
const NIGHT = '# night: ';

/** The header of a file that belongs to a soak. Non-ASCII characters are escaped, so that no locale matters. */
export function markLines(night: InstalledSoak): string[] {
  const json = JSON.stringify(night).replace(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return [MARK, NIGHT + json];
}

export function isOurs(text: string): boolean {
  return text.split('\n').includes(MARK);
}

/** The soak to which a file belongs; undefined if rushhour did not write it. */
export function readMark(text: string): InstalledSoak | undefined {
  const line = isOurs(text) ? text.split('\n').find((candidate) => candidate.startsWith(NIGHT)) : undefined;
  if (line === undefined) return undefined;
  try {
    const night = JSON.parse(line.slice(NIGHT.length)) as InstalledSoak | null;
    return night?.schema === 1 ? night : undefined;
  } catch {
    return undefined;
  }
}
