import { join, resolve } from 'node:path';
import { Option } from 'commander';
import type { Host } from '../host.ts';

/** The folder of a fleet's server and credentials. */
export function fleetOption(): Option {
  return new Option(
    '--fleet <dir>',
    'folder of the fleet’s server and credentials (default: $RUSHHOUR_FLEET or ./fleet)',
  );
}

export function fleetDir({ env, cwd }: Host, given: string | undefined): string {
  return resolve(cwd, given ?? env['RUSHHOUR_FLEET'] ?? 'fleet');
}

/** Credentials of an operator: a file, or those in the folder of the fleet. */
export function operatorFile(
  host: Host,
  { credentials, fleet }: { readonly credentials?: string; readonly fleet?: string },
): string {
  if (credentials !== undefined) return resolve(host.cwd, credentials);
  return join(fleetDir(host, fleet), 'credentials/operator.json');
}
