import { readdirSync } from 'node:fs';
import { PRESETS } from '../../lab/presets/index.ts';
import { locateOwn } from '../../places.ts';
import type { KnownNames } from './describe.ts';

/** Names that come with this program, which are written into the scripts. */
export function readKnownNames(): KnownNames {
  const files = readdirSync(locateOwn('scenarios'));
  return {
    scenarios: files.flatMap((file) => (/^(.+)\.ya?ml$/.exec(file) ?? []).slice(1)).sort(),
    presets: PRESETS.map(({ name }) => name),
  };
}
