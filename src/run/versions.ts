import { readFileSync } from 'node:fs';

/** What the run was made with, for run.json and for comparisons that must know. */
export function readVersions(): { rushhour: string; node: string } {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return { rushhour: (JSON.parse(manifest) as { version: string }).version, node: process.versions.node };
}
