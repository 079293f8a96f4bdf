import { describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { createFakeHost } from './fake-host.ts';
import { createFakeRun } from './fake-services.ts';

async function cli(...args: string[]) {
  const host = createFakeHost();
  const run = createFakeRun();
  const exitCode = await runCli(args, host, run.services);
  return { exitCode, host, options: run.options, arm: run.options?.scenario.arms[0], err: host.stderr.text };
}

const HIT = ['hit', 'http://10.0.0.9/', '-x', '10.0.0.5:3128'];

describe('hit with credentials', () => {
  it('sends a user and password at once, as curl does, and keeps them out of the run', async () => {
    const { arm, host, options, exitCode } = await cli(...HIT, '-U', 'bob:hunter2:x');
    expect(exitCode).toBe(0);
    expect(arm?.auth).toEqual({
      to: 'proxy',
      scheme: 'basic',
      mode: 'preemptive',
      credentials: { kind: 'env', name: 'RUSHHOUR_ARG_PROXY_USER' },
    });
    expect(host.env['RUSHHOUR_ARG_PROXY_USER']).toBe('bob:hunter2:x');
    expect(JSON.stringify(options)).not.toContain('hunter2');
    expect(options?.command).toEqual(['rushhour', ...HIT, '-U', '[redacted]']);
  });

  it.each([
    ['env:PROXY_USER', { kind: 'env', name: 'PROXY_USER' }],
    ['@users.csv', { kind: 'file', path: 'users.csv' }],
    ['p{1-30}:pw', { kind: 'pattern', users: 'p{1-30}', password: { env: 'RUSHHOUR_ARG_USER' } }],
  ])('takes %s for the origin too', async (user, credentials) => {
    const { arm } = await cli('hit', 'http://10.0.0.9/', '-u', user, '--challenge');
    expect(arm?.auth).toEqual({ to: 'origin', scheme: 'basic', mode: 'challenge', credentials });
  });

  it('sends tickets, with or without curl’s user of no name', async () => {
    const cached = {
      to: 'proxy',
      scheme: 'negotiate',
      mode: 'preemptive',
      credentials: { kind: 'ticket-cache' },
    };
    expect((await cli(...HIT, '--proxy-negotiate')).arm?.auth).toEqual(cached);
    expect((await cli(...HIT, '--proxy-negotiate', '-U', ':')).arm?.auth).toEqual(cached);
    const own = ['--keytab', 'k', '--principal', 'p{1-2}@R', '--principal', 'q@R', '--service', 'HTTP@sso'];
    expect((await cli('hit', 'http://h.example/', '--negotiate', ...own)).arm?.auth).toEqual({
      to: 'origin',
      scheme: 'negotiate',
      mode: 'preemptive',
      credentials: { kind: 'keytab', path: 'k', principals: ['p1@R', 'p2@R', 'q@R'] },
      service: 'HTTP@sso',
    });
  });

  it('opens tunnels and speaks TLS', async () => {
    const flags = ['--cacert', 'ca.pem', '--tlsv1.3', '--tls-resume'];
    const { arm } = await cli('hit', 'https://10.0.0.9/', '-x', '10.0.0.5:3128', ...flags);
    expect(arm).toMatchObject({
      via: 'tunnel',
      tls: { ca: 'ca.pem', insecure: false, minVersion: '1.3', resumption: true },
    });
    expect((await cli(...HIT, '-p')).arm?.via).toBe('tunnel');
    expect((await cli('hit', 'https://10.0.0.9/', '-k')).arm).toMatchObject({
      via: 'direct',
      tls: { insecure: true },
    });
  });

  it.each([
    [[...HIT, '-U', 'bob'], '--proxy-user has no password', 'env:NAME'],
    [[...HIT, '-U', ':hunter2'], '--proxy-user has no user', 'user:password'],
    [[...HIT, '-U', 'env:hunter2!'], 'not the name of an environment variable', 'env:NAME'],
    [[...HIT, '-U', 'p{x}:hunter2'], 'these are not user names', 'pupil{1-3000}'],
    [[...HIT, '-U', 'bob:hunter2', '--proxy-negotiate'], 'not passwords', '--keytab'],
    [[...HIT, '-U', 'bob:hunter2', '-u', 'bob:hunter2'], 'proxy and for the origin at once', 'keep -U'],
    [[...HIT, '-U', 'bob:hunter2', '--keytab', 'k'], 'does not use tickets', '--proxy-negotiate'],
    [[...HIT, '--proxy-basic'], 'Basic needs a user', '--proxy-user'],
    [[...HIT, '--proxy-basic', '--proxy-negotiate'], 'cannot be used with option', ''],
    [[...HIT, '--proxy-negotiate', '--principal', 'p'], '--principal needs a keytab', '--keytab'],
    [[...HIT, '--challenge'], '--challenge needs authentication', '-U or -u'],
    [['hit', 'http://10.0.0.9/', '-U', 'bob:hunter2'], 'these credentials are for a proxy', '-x'],
    [['hit', 'http://10.0.0.9/', '-p'], 'a tunnel needs a proxy', '-x'],
    [['hit', 'http://10.0.0.9/', '-k'], 'only https:// has certificates', 'There is no ab -k'],
  ])('%j is bad usage, says why without the secret, and starts nothing', async (args, why, fix) => {
    const { exitCode, err, options } = await cli(...args);
    expect([exitCode, options]).toEqual([2, undefined]);
    expect(err).toContain(why);
    expect(err).toContain(fix);
    expect(err).not.toContain('hunter2');
  });
});

describe('run with credentials', () => {
  it('gives them to the arms that show such to a proxy', async () => {
    const { options, host } = await cli(
      ...['run', 'basic-storm', '--proxy', '10.0.0.5:3128', '--target', 'http://10.0.0.9/'],
      ...['--proxy-user', 'bob:hunter2'],
    );
    expect(options?.scenario.arms.map(({ auth }) => auth?.credentials)).toEqual([
      { kind: 'env', name: 'RUSHHOUR_ARG_PROXY_USER' },
      { kind: 'env', name: 'RUSHHOUR_ARG_PROXY_USER' },
      undefined,
    ]);
    expect(host.env['RUSHHOUR_ARG_PROXY_USER']).toBe('bob:hunter2');
    expect(JSON.stringify(options)).not.toContain('hunter2');
  });

  it('says what a dry run would do', async () => {
    const { host, exitCode } = await cli(
      ...['run', 'first-bell', '--proxy', '127.0.0.1:3128', '--target', 'http://10.0.0.9/', '--dry-run'],
    );
    expect(exitCode).toBe(0);
    expect(host.stdout.text).toMatch(
      /class +30 browsers\n +to proxy 127\.0\.0\.1:3128 for .*, Negotiate when challenged\n/,
    );
  });
});
