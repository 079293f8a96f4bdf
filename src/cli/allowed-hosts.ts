import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readNamedSync } from '../bounded-file.ts';
import { EnvironmentError, UsageError } from '../errors.ts';
import { configFolder } from '../scenario/defaults.ts';
import type { PublicHost } from '../session/load/safety.ts';
import type { Host } from './host.ts';

/** $XDG_CONFIG_HOME/rushhour/allowed-hosts. */
function allowedHostsFile(host: Host): string {
  return join(configFolder(host), 'allowed-hosts');
}

/**
 * Permits a run against public hosts if the user has confirmed them, now with the flag or earlier.
 * @param permitted the flag was given: the hosts are remembered
 * @throws UsageError if nobody has confirmed them
 */
export function requirePermission(hosts: readonly PublicHost[], permitted: boolean, host: Host): void {
  const file = allowedHostsFile(host);
  const allowed = readAllowed(file);
  const unknown = hosts.filter(({ host: name }) => !allowed.has(name));
  if (unknown.length === 0) return;
  if (!permitted) {
    const list = unknown.map(({ host: name, because }) => `${name} (${because})`).join('; ');
    throw new UsageError(`this would send load to a public host: ${list}`, {
      hint: 'if its owner agrees, confirm once with --i-am-allowed-to-test-this; rushhour remembers it',
    });
  }
  remember(file, unknown);
  host.stderr.write(
    `remembered as allowed in ${file}: ${unknown.map(({ host: name }) => name).join(', ')}\n`,
  );
}

function readAllowed(file: string): Set<string> {
  try {
    const lines = readNamedSync(file).toString('utf8').split('\n');
    return new Set(lines.map((line) => line.replace(/#.*/, '').trim().toLowerCase()));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Set();
    throw unusable(file, error);
  }
}

function remember(file: string, hosts: readonly PublicHost[]): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    appendFileSync(file, hosts.map(({ host }) => `${host}\n`).join(''));
  } catch (error) {
    throw unusable(file, error);
  }
}

function unusable(file: string, cause: unknown): EnvironmentError {
  return new EnvironmentError(`cannot use the list of allowed hosts (${(cause as Error).message})`, {
    hint: `make ${file} readable and writable, or set XDG_CONFIG_HOME to another folder`,
    cause,
  });
}
