import type { InstalledSoak } from './installed-soak.ts';

/** The first line of every file that installing writes: what does not begin so is somebody else's. */
export const MARK =
  '# Written by rushhour soak install; rushhour soak uninstall removes it. Changes are lost.';
const NIGHT = '# night: ';

/** How a file begins that belongs to a night. Non-ASCII is escaped, so that no locale matters. */
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

/** The night that a file belongs to; undefined where it is none of ours. */
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
