import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EnvironmentError } from '../../../src/errors.ts';
import type { Arm, CredentialSource } from '../../../src/scenario/types.ts';
import { readCredentials } from '../../../src/session/load/credentials.ts';
import type { PlannedArm } from '../../../src/worker/protocol.ts';
import { scenarioOf } from '../../scenario/support.ts';

/** What must never be shown. */
const SECRET = 'geheim';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rushhour-credentials-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function fileOf(name: string, text: string): Promise<string> {
  const path = join(dir, name);
  await writeFile(path, text);
  return path;
}

function plannedWith(changes: Partial<Arm>): PlannedArm {
  const [arm] = scenarioOf(`  x: { proxy: "127.0.0.1:3128", load: { concurrency: 1, attempts: 1 } }`).arms;
  return { arm: { ...arm!, ...changes }, endpoints: [], sources: [] };
}

async function read(credentials: CredentialSource, env: Record<string, string> = {}): Promise<string[]> {
  const auth = { to: 'proxy', scheme: 'basic', mode: 'challenge', credentials } as const;
  const [planned] = await readCredentials([plannedWith({ auth })], env);
  return (planned?.basicCredentials ?? []).map((value) => {
    expect(value).toMatch(/^Basic /);
    return Buffer.from(value.slice(6), 'base64').toString('utf8');
  });
}

it('reads no more of a file without an end than it may hold', async () => {
  await expect(read({ kind: 'file', path: '/dev/zero' })).rejects.toThrow(/larger than 64 MiB/);
});

/** The error's words; they show no secret. */
async function refusal(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(EnvironmentError);
  const { message, hint = '', exitCode } = error as EnvironmentError;
  expect(exitCode).toBe(5);
  expect(`${message} ${hint}`).not.toContain(SECRET);
  return `${message} | ${hint}`;
}

/** Root may read everything: it steps down meanwhile. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return work();
  process.seteuid?.('nobody');
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

describe('users for Basic', () => {
  it('from the environment, as UTF-8', async () => {
    expect(await read({ kind: 'env', name: 'USERS' }, { USERS: 'jürgen:pä:ss' })).toEqual(['jürgen:pä:ss']);
    const auth = {
      to: 'proxy',
      scheme: 'basic',
      mode: 'preemptive',
      credentials: { kind: 'env', name: 'U' },
    } as const;
    // RFC 7617 section 2.1 gives this one.
    const [planned] = await readCredentials([plannedWith({ auth })], { U: 'test:123£' });
    expect(planned?.basicCredentials).toEqual(['Basic dGVzdDoxMjPCow==']);
  });

  it('from a file with one a line, whatever ends it, whatever begins it', async () => {
    const path = await fileOf('users', '\uFEFFanna:a\r\nben:b:c\n\nclara:\n');
    expect(await read({ kind: 'file', path })).toEqual(['anna:a', 'ben:b:c', 'clara:']);
  });

  it('from a CSV file, quoted or not', async () => {
    const path = await fileOf('users.csv', 'anna,a\n"ben","b,""c"""\r\n\nclara,"x\ny"\n');
    expect(await refusal(read({ kind: 'file', path }))).toContain('line 4');
    const fine = await fileOf('fine.csv', 'anna,a\n"ben","b,""c"""\r\n');
    expect(await read({ kind: 'file', path: fine })).toEqual(['anna:a', 'ben:b,"c"']);
  });

  it('from a pattern and a password', async () => {
    const password = { file: await fileOf('password', `${SECRET}\n`) };
    const users = await read({ kind: 'pattern', users: 'pupil{1-3000}', password });
    expect(users).toHaveLength(3_000);
    expect([users[0], users[2_999]]).toEqual([`pupil1:${SECRET}`, `pupil3000:${SECRET}`]);
    expect(
      await read({ kind: 'pattern', users: 'one', password: { env: 'PASSWORD' } }, { PASSWORD: SECRET }),
    ).toEqual([`one:${SECRET}`]);
  });

  it('are nobody else’s: an arm without Basic has none', async () => {
    const [planned] = await readCredentials([plannedWith({})], {});
    expect(planned).not.toHaveProperty('basicCredentials');
  });
});

describe('what is wrong with users is said without showing any', () => {
  it('a variable that is missing, empty or has no colon', async () => {
    const source = { kind: 'env', name: 'USERS' } as const;
    expect(await refusal(read(source))).toContain('USERS, which must contain user:password, is not set');
    expect(await refusal(read(source, { USERS: '' }))).toContain('is empty');
    expect(await refusal(read(source, { USERS: SECRET }))).toContain(
      'the environment variable USERS has no colon',
    );
    expect(await refusal(read(source, { USERS: `:${SECRET}` }))).toContain('the user name is empty');
    expect(await refusal(read(source, { USERS: `anna:${SECRET}\n` }))).toContain('control characters');
  });

  it('a file that is missing, empty, a folder, or has a wrong line', async () => {
    const missing = join(dir, 'nothing');
    expect(await refusal(read({ kind: 'file', path: missing }))).toContain(
      `${missing}, which must contain users, cannot be read (ENOENT)`,
    );
    expect(await refusal(read({ kind: 'file', path: dir }))).toContain('(EISDIR)');
    const empty = await fileOf('empty', '\n');
    expect(await refusal(read({ kind: 'file', path: empty }))).toContain('is empty');
    const wrong = await fileOf('wrong', `anna:${SECRET}\n${SECRET}\n`);
    expect(await refusal(read({ kind: 'file', path: wrong }))).toContain(`${wrong}, line 2 has no colon`);
  });

  it('a CSV line with too few or too many fields, or a stray quote', async () => {
    const one = await fileOf('one.csv', `anna,${SECRET}\n${SECRET}\n`);
    expect(await refusal(read({ kind: 'file', path: one }))).toContain('line 2 has 1 field instead of two');
    const three = await fileOf('three.csv', `anna,${SECRET},x\n`);
    expect(await refusal(read({ kind: 'file', path: three }))).toContain(
      'line 1 has 3 fields instead of two',
    );
    const quote = await fileOf('quote.csv', `anna,${SECRET}\nben,"${SECRET}"x\n`);
    expect(await refusal(read({ kind: 'file', path: quote }))).toContain('line 2 has a quote in the wrong');
  });

  it('a password that is nowhere', async () => {
    const source = (password: { env: string } | { file: string }) =>
      ({ kind: 'pattern', users: 'pupil{1-3}', password }) as const;
    expect(await refusal(read(source({ env: 'PASSWORD' })))).toContain('PASSWORD, which must contain the');
    const empty = await fileOf('no-password', '\n');
    expect(await refusal(read(source({ file: empty })))).toContain('is empty');
  });

  it('a file that this user may not read', async () => {
    const path = await fileOf('closed', `anna:${SECRET}`);
    await chmod(path, 0);
    const said = await asNobody(() => refusal(read({ kind: 'file', path })));
    expect(said).toContain('(EACCES)');
    expect(said).toContain(`chmod 600 ${path}`);
  });
});

describe('certificates to trust', () => {
  const tls = (ca: string) => ({ ca, insecure: false, minVersion: '1.2', resumption: false }) as const;

  it('are read as they are', async () => {
    const pem = '-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n';
    const [planned] = await readCredentials([plannedWith({ tls: tls(await fileOf('ca.pem', pem)) })], {});
    expect(planned?.ca).toBe(pem);
  });

  it('must be there, and be PEM', async () => {
    const der = await fileOf('ca.der', '\u0030\u0082');
    expect(await refusal(readCredentials([plannedWith({ tls: tls(der) })], {}))).toContain(
      `${der} contains no PEM certificate | convert it: openssl x509 -inform DER -in ${der} -out ca.pem`,
    );
    expect(await refusal(readCredentials([plannedWith({ tls: tls('/nonexistent.pem') })], {}))).toContain(
      '/nonexistent.pem, which must contain certificates, cannot be read (ENOENT)',
    );
  });
});

describe('files that are not UTF-8', () => {
  const latin1 = (text: string) => Buffer.from(text, 'latin1') as unknown as string;

  it.each([
    ['users.txt', 'ada:geheim\nm\xfcller:geheim\n', 'line 2 is not UTF-8'],
    ['users.csv', 'm\xfcller,geheim\n', 'line 1 is not UTF-8'],
    ['utf16.txt', '\xff\xfea\x00:\x00b\x00', 'line 1 is not UTF-8'],
  ])('are refused by file and line, not sent as something else: %s', async (name, bytes, words) => {
    const path = await fileOf(name, latin1(bytes));
    const said = await refusal(read({ kind: 'file', path }));
    expect(said).toContain(`${path}, ${words}`);
    expect(said).toContain('iconv');
    expect(said).not.toContain('ller');
  });

  it('are refused as a password, and so is a variable', async () => {
    const file = await fileOf('password', latin1('geh\xe9im\n'));
    const asked = read({ kind: 'pattern', users: 'ada', password: { file } });
    expect(await refusal(asked)).toContain('line 1 is not UTF-8');
    // What a variable with other bytes reads as.
    const env = { U: 'm\uFFFDller:geheim' };
    expect(await refusal(read({ kind: 'env', name: 'U' }, env))).toContain('is not UTF-8');
  });

  it('go out as they are where they are', async () => {
    const path = await fileOf('good.txt', '\uFEFFm\u00fcller:gr\u00fc\u00dfe\n');
    expect(await read({ kind: 'file', path })).toEqual(['m\u00fcller:gr\u00fc\u00dfe']);
  });
});
