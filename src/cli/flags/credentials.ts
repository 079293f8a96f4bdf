import { UsageError } from '../../errors.ts';
import type { CredentialSource } from '../../scenario/types.ts';
import { expandUsers } from '../../scenario/user-pattern.ts';
import type { Host } from '../host.ts';

/** A flag that takes a user, and the variable of this process that keeps what was typed with it. */
const VARIABLES = { '--proxy-user': 'RUSHHOUR_ARG_PROXY_USER', '--user': 'RUSHHOUR_ARG_USER' } as const;
export type UserFlag = keyof typeof VARIABLES;

/**
 * Reads what -U and -u take: `user:password` as curl does, `env:NAME` for a variable that holds such, `@file` for a file
 * with a user a line. The user may be a pattern, `pupil{1-30}:password`. A scenario holds no secret, as results keep it:
 * one that was typed goes into a variable of this process, and the scenario names that.
 * @throws UsageError, without what was typed
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
