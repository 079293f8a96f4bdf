import { UsageError } from '../../errors.ts';
import type { CredentialSource } from '../../scenario/types.ts';
import { expandUsers } from '../../scenario/user-pattern.ts';
import type { Host } from '../host.ts';

/** A flag for a user, and the environment variable of this process that stores its value. */
const VARIABLES = { '--proxy-user': 'RUSHHOUR_ARG_PROXY_USER', '--user': 'RUSHHOUR_ARG_USER' } as const;
export type UserFlag = keyof typeof VARIABLES;

/**
 * Parses the value of -U and -u: `user:password` as in curl, `env:NAME` for a variable that contains it, `@file` for a
 * file with one user per line. The user may be a pattern, `pupil{1-30}:password`. Scenarios are stored with results and
 * contain no secrets, so a typed one is put into a variable of this process, which the scenario names.
 * @throws UsageError that does not repeat the value
 */
export function readUser(flag: UserFlag, text: string, host: Host): CredentialSource {
  const name = /^env:(.*)$/s.exec(text)?.[1];
  if (name !== undefined) {
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return { kind: 'env', name };
    throw new UsageError(`${flag}: the text after env: is not the name of an environment variable`, {
      hint: `write ${flag} env:NAME, where NAME contains user:password`,
    });
  }
  if (text.startsWith('@') && text.length > 1) return { kind: 'file', path: text.slice(1) };
  const at = text.indexOf(':');
  if (at < 1) {
    throw new UsageError(`${flag} has no ${at === 0 ? 'user' : 'password'}`, {
      hint: 'write user:password; env:NAME or @file keeps it out of your shell’s history',
    });
  }
  const variable = VARIABLES[flag];
  const user = text.slice(0, at);
  if (!/[{}]/.test(user)) {
    host.setVariable(variable, text);
    return { kind: 'env', name: variable };
  }
  expandUsers(user);
  host.setVariable(variable, text.slice(at + 1));
  return { kind: 'pattern', users: user, password: { env: variable } };
}
