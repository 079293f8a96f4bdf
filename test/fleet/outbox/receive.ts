import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunCopy } from '../../../src/fleet/operator/run-copy.ts';
import { decodeRunPart } from '../../../src/fleet/run-part.ts';

/** What each file of a folder holds, by its path in it. */
export const filesOf = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(
        (entry) =>
          [
            join(entry.parentPath, entry.name),
            readFileSync(join(entry.parentPath, entry.name), 'latin1'),
          ] as const,
      )
      .map(([path, text]) => [path.slice(folder.length + 1), text]),
  );

/** Builds folders from messages as they are stored, and says which bytes of files came in more than one of them. */
export async function receive(to: string, messages: readonly Uint8Array[]) {
  const copy = new RunCopy(to);
  const covered = new Map<string, [number, number][]>();
  let twice = 0;
  for (const message of messages) {
    const decoded = decodeRunPart(message);
    if (decoded === undefined) throw new Error('a message that is none');
    await copy.add(decoded);
    if (decoded.part.kind === 'end') continue;
    for (const { file, offset, bytes, whole } of decoded.part.pieces) {
      if (whole === true) continue;
      const before = covered.get(file) ?? [];
      for (const [from, to] of before)
        twice += Math.max(0, Math.min(to, offset + bytes) - Math.max(from, offset));
      covered.set(file, [...before, [offset, offset + bytes]]);
    }
  }
  return { state: await copy.check(), twice };
}
