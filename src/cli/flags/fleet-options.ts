import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { ServerProxyFlags } from '../../fleet/link/read-proxy.ts';
import type { Host } from '../host.ts';
import { addServerProxyOptions } from './server-proxy.ts';

/** As whom, and by which way, an operator reaches the server. */
export interface OperatorFlags extends ServerProxyFlags {
  readonly fleet?: string;
  readonly credentials?: string;
}

export function addOperatorOptions(command: Command): Command {
  return addServerProxyOptions(
    command
      .addOption(fleetOption())
      .option(
        '--credentials <file>',
        'credentials of the operator, instead of those in the folder of the fleet',
      ),
  );
}

/** The folder of a fleet's server and credentials. */
export function fleetOption(): Option {
  return new Option(
    '--fleet <dir>',
    'folder of the fleet’s server and credentials (default: $RUSHHOUR_FLEET or ./fleet)',
  );
}

export function fleetDir({ env, cwd }: Host, given: string | undefined): string {
  return resolve(cwd, given ?? (env['RUSHHOUR_FLEET'] || 'fleet'));
}

/** Credentials of an operator: a file, or those in the folder of the fleet. */
export function operatorFile(host: Host, { credentials, fleet }: OperatorFlags): string {
  if (credentials !== undefined) return resolve(host.cwd, credentials);
  return join(fleetDir(host, fleet), 'credentials/operator.json');
}
