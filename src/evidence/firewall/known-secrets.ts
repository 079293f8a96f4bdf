import { readNamedSync } from '../../bounded-file.ts';
import { secretsOf } from '../../scenario/secret-places.ts';
import type { FirewallSpec, Scenario } from '../../scenario/types.ts';
import { variable } from '../../variable.ts';

/** A variable whose name says that it passes a secret to a command. */
const SECRET_NAME = /token|pass|pwd|secret|key|psk|cred|auth/i;
const VARIABLE = /\$\{?([A-Za-z_]\w*)/g;

/** A file of users may have thousands of lines; none of them is expected in a firewall's output. */
const MOST_FILE_CHARS = 4_096;

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Texts that a firewall's output must not show: the scenario's own secrets, its passwords, and what its commands take from
 * variables with a telling name.
 */
export function knownSecrets(scenario: Scenario, env: Env): string[] {
  const { firewall } = scenario;
  return [
    ...secretsOf(scenario),
    ...scenario.arms.flatMap(({ auth }) => {
      switch (auth?.credentials.kind) {
        case 'env':
          return passwordsOf(variable(env, auth.credentials.name) ?? '');
        case 'pattern': {
          const { password } = auth.credentials;
          return 'env' in password ? [variable(env, password.env) ?? ''] : [readSecret(password.file)];
        }
        default:
          return [];
      }
    }),
    ...(firewall === undefined ? [] : variablesOf(firewall).map((name) => variable(env, name) ?? '')),
  ].filter((text) => text !== '');
}

function variablesOf({ before = '', after = '', run = '' }: FirewallSpec): string[] {
  return [...`${before}\n${after}\n${run}`.matchAll(VARIABLE)]
    .map(([, name = '']) => name)
    .filter((name) => SECRET_NAME.test(name));
}

/** `user:password`. */
function passwordsOf(pair: string): string[] {
  return [pair, pair.slice(pair.indexOf(':') + 1)];
}

/** The file may be gone; then its contents are unknown. */
function readSecret(path: string): string {
  try {
    return readNamedSync(path).toString('utf8').slice(0, MOST_FILE_CHARS).trim();
  } catch {
    return '';
  }
}
