import * as z from 'zod';
import { UsageError } from '../errors.ts';
import { fixParams, parsedText } from './leaves.ts';
import type { CredentialSource, SecretReference } from './types.ts';
import { expandUsers } from './user-pattern.ts';
import { AUTH_MODES, AUTH_SCHEMES } from './words.ts';

/** What to write instead of the secret itself. */
export const REFERENCE_FIX =
  'name where it is: { env: NAME } for an environment variable, or { file: PATH } for a file';

const path = () =>
  parsedText(
    (text) => {
      if (text !== '') return text;
      throw new UsageError('an empty path', { hint: 'name a file' });
    },
    { examples: ['./users.csv'] },
  );

// A name that is not valid may be the secret itself, so it is not repeated.
const variable = () =>
  parsedText(
    (name) => {
      if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return name;
      throw new UsageError('this is not the name of an environment variable', {
        hint: 'write only the name, such as PROXY_USER: its value is read when the run starts',
      });
    },
    { pattern: '^[A-Za-z_][A-Za-z0-9_]*$', examples: ['PROXY_USER'] },
  );

const secret = z
  .strictObject({
    env: variable().optional().describe('Environment variable that contains it.'),
    file: path().optional().describe('File that contains only this.'),
  })
  .meta({ minProperties: 1, maxProperties: 1 })
  .transform((written, context): SecretReference => {
    const { env, file } = written;
    if (env !== undefined && file === undefined) return { env };
    if (file !== undefined && env === undefined) return { file };
    context.issues.push({
      code: 'custom',
      message: 'a secret from more than one place, or from none',
      params: fixParams('write { env: NAME } or { file: PATH }'),
      input: written,
    });
    return z.NEVER;
  });

/** Keys allowed under `auth.credentials`. */
const credentialKeys = z
  .strictObject({
    env: variable().optional().describe('Basic: environment variable that contains user:password.'),
    file: path()
      .optional()
      .describe('Basic: file with one user per line, user:password or user,password; users take turns.'),
    users: parsedText(checkUsers, { examples: ['pupil{1-3000}'] })
      .optional()
      .describe('Basic: a user, or a pattern for many with the same password.'),
    password: secret
      .optional()
      .describe('Where the password of these users is: { env: NAME } or { file: PATH }.'),
    keytab: path().optional().describe('Negotiate: keytab for obtaining tickets. Default: the ticket cache.'),
    principals: z
      .union([principal(), z.array(principal()).min(1)])
      .optional()
      .describe(
        'Negotiate: principals of the keytab, or patterns for them, used in turn. Default: its first.',
      ),
  })
  .describe('Where credentials are. Never the credentials themselves.');

const credentials = credentialKeys.transform((written, context): CredentialSource => {
  const { env, file, users, password, keytab, principals } = written;
  const refuse = (message: string, fix: string): never => {
    context.issues.push({ code: 'custom', message, params: fixParams(fix), input: written });
    return z.NEVER;
  };
  const ways = Object.entries({ env, file, users, keytab }).flatMap(([key, value]) =>
    value === undefined ? [] : key,
  );
  if (ways.length > 1) return refuse(`credentials from ${ways.join(' and from ')}`, 'keep one of them');
  if (password !== undefined && users === undefined)
    return refuse('a password without users', 'add users:, such as pupil{1-3000}');
  if (principals !== undefined && keytab === undefined)
    return refuse('principals without a keytab', 'add keytab:, the file with their keys');
  if (env !== undefined) return { kind: 'env', name: env };
  if (file !== undefined) return { kind: 'file', path: file };
  if (keytab !== undefined)
    return { kind: 'keytab', path: keytab, principals: [...new Set([principals ?? []].flat(2))] };
  if (users === undefined)
    return refuse('no credentials', 'add env:, file:, users: with password:, or keytab:');
  if (password === undefined)
    return refuse('users without a password', 'add password: { env: NAME } or { file: PATH }');
  return { kind: 'pattern', users, password };
});

const scheme = z.strictObject({
  scheme: z.enum(AUTH_SCHEMES).optional().describe('basic (RFC 7617) or negotiate (Kerberos, RFC 4559).'),
  mode: z
    .enum(AUTH_MODES)
    .optional()
    .describe(
      'challenge: send the request without credentials and answer the 407 (401), as browsers do; preemptive: send them at once. Default: challenge.',
    ),
  to: z
    .enum(['proxy', 'origin'])
    .optional()
    .describe('Who challenges: proxy (407) or origin (401). Default: the proxy, if there is one.'),
  credentials: credentials
    .optional()
    .describe(
      'Where the credentials are: { env }, { file }, { users, password } or { keytab, principals }. Never the secret itself.',
    ),
  service: parsedText(checkService, { examples: ['HTTP@proxy.example'] })
    .optional()
    .describe('Negotiate: service to request tickets for. Default: HTTP@ and the challenging host.'),
});

/** How an arm responds to a challenge for credentials; `none` cancels what the defaults say. */
export const auth = z.union([
  z.literal('none').describe('No credentials, whatever the defaults say.'),
  scheme.describe('Scheme, and where credentials come from.'),
]);

/** Keys allowed under `auth`. */
export const authKeys = scheme;

/** An `auth` as read, before inheritance. */
export type AuthFile = z.output<typeof scheme>;

function principal() {
  return parsedText(expandUsers, { examples: ['pupil{1-30}@EXAMPLE.ORG'] });
}

/** RFC 7617 section 2: a user-id contains no colon; what follows one is usually a password. */
function checkUsers(pattern: string): string {
  if (pattern.includes(':')) {
    throw new UsageError('user names cannot contain a colon, and a password does not belong here', {
      hint: 'add password: { env: NAME } or { file: PATH } next to users:',
    });
  }
  expandUsers(pattern);
  return pattern;
}

/**
 * Reads a host-based service name (RFC 2743 section 4.1).
 * @throws UsageError
 */
export function checkService(text: string): string {
  if (/^[A-Za-z][A-Za-z0-9_-]*@[^\s@/:]+$/.test(text)) return text;
  const [, name, host] = /^([A-Za-z][A-Za-z0-9_-]*)\/([^\s@/:]+)(?:@[^\s@/:]*)?$/.exec(text) ?? [];
  throw new UsageError(`${JSON.stringify(text)} is not a service name`, {
    hint: `write ${name === undefined ? 'HTTP@host' : `${name}@${host}`}, with the host as named in its ticket`,
  });
}
