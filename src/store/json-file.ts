import { open, rename, rm } from 'node:fs/promises';

/**
 * Writes a whole JSON file or leaves the old one: a reader never sees half of it.
 * @param mode who may read it, as open(2) has it
 */
export async function writeJson(path: string, value: unknown, mode = 0o666): Promise<void> {
  await writeWhole(path, `${JSON.stringify(value, null, 2)}\n`, mode);
}

/** The same for any text. */
export async function writeWhole(path: string, text: string, mode = 0o666): Promise<void> {
  const draft = `${path}.new`;
  try {
    await writeSynced(draft, text, mode);
    await rename(draft, path);
  } catch (error) {
    // On a full disk half a draft would keep the room that the frames need.
    await rm(draft, { force: true });
    throw error;
  }
}

async function writeSynced(path: string, text: string, mode: number): Promise<void> {
  const handle = await open(path, 'w', mode);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
