import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Resolves once a run has written what a test waits for; gives its folder.
 *
 * @param isEnough how many seconds of load, or what its frames.jsonl must have come to
 * @param label of that run; default: any run
 */
export async function recorded(
  results: string,
  isEnough: number | ((frames: string) => boolean),
  label?: string,
): Promise<string> {
  const suffices =
    typeof isEnough === 'number' ? (text: string) => text.split('\n').length > isEnough : isEnough;
  for (let tries = 0; tries < 600; tries += 1) {
    for (const id of await readdir(results).catch(() => [])) {
      const dir = join(results, id);
      const info = JSON.parse((await read(join(dir, 'run.json'))) || '{}') as { label?: string };
      if ((label === undefined || info.label === label) && suffices(await read(join(dir, 'frames.jsonl'))))
        return dir;
    }
    await sleep(50);
  }
  throw new Error(`no run in ${results} has recorded that`);
}

function read(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
