import { basename, resolve } from 'node:path';

/** Nothing that a terminal, Markdown or a shell takes for anything else. */
const PLAIN = /^[A-Za-z0-9][\w.-]*$/;

/**
 * What a run is called by: its folder, as the runs of a fleet's probes that began in the same second have one id; or its id, where
 * the folder has a name that cannot be told as it is.
 */
export function nameOfFolder(dir: string, id: string): string {
  const name = basename(resolve(dir));
  return PLAIN.test(name) ? name : id;
}
