import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { locateOwn } from '../../places.ts';
import { readCheckoutCommit } from './checkout-commit.ts';

export interface Versions {
  readonly rushhour: string;
  /** Of the checkout that it runs from; absent if it was installed as a package. */
  readonly commit?: string;
  readonly node: string;
}

/** The software that made the run, for run.json and for comparisons. */
export function readVersions(root = locateOwn('./')): Versions {
  const manifest = readFileSync(new URL('package.json', root), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  const commit = readCheckoutCommit(fileURLToPath(root));
  return { rushhour: version, ...(commit === undefined ? {} : { commit }), node: process.versions.node };
}
