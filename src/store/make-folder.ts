import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * Creates a folder, and those above it. Node's own `recursive` never ends where a folder exists and the system answers
 * ENOENT for what is to be in it, as /proc and folders of the automounter do.
 * @param mode of each that is created, less the umask
 * @returns those that were created, from the top
 * @throws Error of the system if one cannot be created, or if something else is in its place
 */
export async function makeFolder(dir: string, mode = 0o777): Promise<string[]> {
  try {
    return await makeOne(dir, mode);
  } catch (error) {
    const above = dirname(resolve(dir));
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || above === resolve(dir)) throw error;
    const made = await makeFolder(above, mode);
    return [...made, ...(await makeOne(dir, mode))];
  }
}

async function makeOne(dir: string, mode: number): Promise<string[]> {
  try {
    await mkdir(dir, mode);
    return [dir];
  } catch (error) {
    // Some systems answer EROFS or EACCES for a folder that exists.
    const isThere = await stat(dir).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (!isThere) throw error;
    return [];
  }
}
