import { readNamedBytes } from '../../bounded-file.ts';
import { type BasicUser, basicFieldValue, findBasicFault } from '../../engine/auth/basic.ts';
import { EnvironmentError } from '../../errors.ts';
import type { Arm, CredentialSource, SecretReference } from '../../scenario/types.ts';
import { expandUsers } from '../../scenario/user-pattern.ts';
import { convertHint, decodeUtf8, NotUtf8 } from '../../scenario/utf8.ts';
import { variable } from '../../variable.ts';
import type { PlannedArm } from '../../worker/protocol.ts';
import { CsvFault, parseCsv } from './csv.ts';
import { readSystemCertificates } from './system-certificates.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the arms' secrets and certificates from where the scenario says they are, once, before any load.
 * @throws EnvironmentError naming the variable or file that is missing, empty or invalid; never its content
 */
export function readCredentials(
  arms: readonly PlannedArm[],
  env: Environment = process.env,
): Promise<PlannedArm[]> {
  return Promise.all(
    arms.map(async (planned) => {
      const { arm } = planned;
      const users =
        arm.auth?.scheme === 'basic' ? await readUsers(arm.name, arm.auth.credentials, env) : undefined;
      const ca = await readTrusted(arm, env);
      return {
        ...planned,
        ...(users !== undefined && { basicCredentials: users.map(basicFieldValue) }),
        ...(ca !== undefined && { ca }),
      };
    }),
  );
}

/** The certificates that an arm with TLS trusts; undefined if it trusts any, or those that Node was built with. */
async function readTrusted(arm: Arm, env: Environment): Promise<string | undefined> {
  if (arm.tls === undefined || arm.tls.insecure) return undefined;
  return arm.tls.ca === undefined ? readSystemCertificates(env) : readCertificates(arm, arm.tls.ca);
}

async function readUsers(arm: string, source: CredentialSource, env: Environment): Promise<BasicUser[]> {
  switch (source.kind) {
    case 'env': {
      const where = `the environment variable ${source.name}`;
      const text = readVariable(arm, source.name, env, 'user:password');
      return [checkUser(arm, where, splitUser(arm, where, text))];
    }
    case 'file':
      return readUserFile(arm, source.path);
    case 'pattern': {
      const password = await readSecret(arm, source.password, env);
      const where = `the users ${source.users}`;
      return expandUsers(source.users).map((user) => checkUser(arm, where, { user, password }));
    }
    case 'ticket-cache':
    case 'keytab':
      throw new RangeError('tickets are not for Basic');
  }
}

async function readUserFile(arm: string, path: string): Promise<BasicUser[]> {
  const text = await readSecretFile(arm, path, 'users');
  const isCsv = path.toLowerCase().endsWith('.csv');
  const users = isCsv ? readCsvUsers(arm, path, text) : readColonUsers(arm, path, text);
  if (users.length === 0) throw emptyFile(arm, path, 'users');
  return users;
}

/** A line of the form `user:password`; empty lines are ignored. */
function readColonUsers(arm: string, path: string, text: string): BasicUser[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    const where = `${path}, line ${index + 1}`;
    return line === '' ? [] : [checkUser(arm, where, splitUser(arm, where, line))];
  });
}

function readCsvUsers(arm: string, path: string, text: string): BasicUser[] {
  try {
    return parseCsv(text).map(({ fields, line }) => {
      const where = `${path}, line ${line}`;
      const [user, password, ...rest] = fields;
      if (user === undefined || password === undefined || rest.length > 0)
        throw wrong(
          arm,
          where,
          `has ${fields.length} ${fields.length === 1 ? 'field' : 'fields'} instead of two`,
          'user,password',
        );
      return checkUser(arm, where, { user, password });
    });
  } catch (error) {
    if (error instanceof CsvFault)
      throw wrong(arm, `${path}, line ${error.line}`, error.message, 'user,password');
    throw error;
  }
}

/** The first colon ends the name: a password may contain more (RFC 7617 section 2). */
function splitUser(arm: string, where: string, text: string): BasicUser {
  const colon = text.indexOf(':');
  if (colon < 0) throw wrong(arm, where, 'has no colon', 'user:password');
  return { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

function checkUser(arm: string, where: string, user: BasicUser): BasicUser {
  const fault = findBasicFault(user);
  if (fault !== undefined) throw wrong(arm, where, `cannot be sent: ${fault}`, 'user:password');
  return user;
}

async function readSecret(arm: string, reference: SecretReference, env: Environment): Promise<string> {
  if ('env' in reference) return readVariable(arm, reference.env, env, 'the password');
  const text = await readSecretFile(arm, reference.file, 'the password');
  // Editors and echo end a file with a line feed that is not part of the secret.
  const secret = text.replace(/\r?\n$/, '');
  if (secret === '') throw emptyFile(arm, reference.file, 'the password');
  return secret;
}

function readVariable(arm: string, name: string, env: Environment, what: string): string {
  const value = variable(env, name);
  if (value !== undefined && value !== '') return value;
  throw new EnvironmentError(
    `arm ${arm}: the environment variable ${name}, which must contain ${what}, is ${value === undefined ? 'not set' : 'empty'}`,
    { hint: `set it without leaving it in the shell history: read -rs ${name} && export ${name}` },
  );
}

/** Names and passwords are sent as UTF-8 (RFC 7617 section 2.1): in another encoding they would be different. */
function readText(arm: string, path: string, bytes: Buffer): string {
  try {
    return decodeUtf8(bytes);
  } catch (cause) {
    if (!(cause instanceof NotUtf8)) throw cause;
    throw new EnvironmentError(`arm ${arm}: ${path}, line ${cause.line} is not UTF-8`, {
      hint: convertHint(path),
      cause,
    });
  }
}

async function readSecretFile(arm: string, path: string, what: string): Promise<string> {
  const text = readText(arm, path, await readBytes(arm, path, what, `chmod 600 ${path}`));
  if (text.trim() === '') throw emptyFile(arm, path, what);
  return text;
}

async function readCertificates(arm: Arm, path: string): Promise<string> {
  // Text around certificates may be in any encoding; the certificates themselves are ASCII (RFC 7468 section 2).
  const text = (await readBytes(arm.name, path, 'certificates', `chmod a+r ${path}`)).toString('latin1');
  if (/-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----/.test(text)) return text;
  throw new EnvironmentError(`arm ${arm.name}: ${path} contains no PEM certificate`, {
    hint: `convert it: openssl x509 -inform DER -in ${path} -out ca.pem`,
  });
}

/** Users of a file have a line each, and bundles of certificates are long. */
const MOST_BYTES = 2 ** 26;

async function readBytes(arm: string, path: string, what: string, permit: string): Promise<Buffer> {
  try {
    return await readNamedBytes(path, MOST_BYTES);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new EnvironmentError(
      `arm ${arm}: ${path}, which must contain ${what}, cannot be read (${code ?? message})`,
      {
        hint:
          code === 'EACCES' ? `make it readable by this user: ${permit}` : `check the path: ls -l ${path}`,
        cause,
      },
    );
  }
}

function emptyFile(arm: string, path: string, what: string): EnvironmentError {
  return new EnvironmentError(`arm ${arm}: ${path}, which must contain ${what}, is empty`, {
    hint: `write ${what} into it`,
  });
}

function wrong(arm: string, where: string, why: string, wanted: string): EnvironmentError {
  return new EnvironmentError(`arm ${arm}: ${where} ${why}`, { hint: `write it as ${wanted}` });
}
