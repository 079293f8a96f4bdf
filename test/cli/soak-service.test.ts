import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addSoakOptions } from '../../src/cli/commands/soak.ts';
import { registerSoakInstall } from '../../src/cli/commands/soak-install.ts';
import { registerInstalledSoaks } from '../../src/cli/commands/soak-installed.ts';
import type { Context } from '../../src/cli/context.ts';
import { readAssignments } from '../../src/cli/flags/assignments.ts';
import { reportError } from '../../src/cli/output/report-error.ts';
import { localZone } from '../../src/service/clock-changes.ts';
import { findHidden, locateProgram } from '../../src/service/program.ts';
import { markProcess } from '../../src/store/process-mark.ts';
import { summary } from '../render/fixtures.ts';
import { DEAD, keepRun } from '../service/kept-runs.ts';
import { settingOf } from '../service/plans.ts';
import { createFakeHost } from './fake-host.ts';
import { createFakeRun } from './fake-services.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rushhour-nights-'));
});
afterEach(() => rmSync(root, { recursive: true }));

async function cli(...args: string[]) {
  const host = createFakeHost({ cwd: '/etc/rushhour' });
  let exitCode = 0;
  const context: Context = {
    ...{ host, services: createFakeRun().services, args },
    act:
      (work) =>
      async (...given) => {
        exitCode = await work(...given);
      },
  };
  const program = new Command('rushhour').exitOverride().configureOutput({ writeErr: () => {} });
  const soak = program.command('soak').enablePositionalOptions().argument('<scenario>').exitOverride();
  registerSoakInstall(soak, context, addSoakOptions);
  registerInstalledSoaks(soak, context);
  try {
    await program.enablePositionalOptions().parseAsync(['soak', ...args], { from: 'user' });
  } catch (error) {
    exitCode = reportError(error, host);
  }
  return { exitCode, out: host.stdout.text, err: host.stderr.text };
}

const LOAD = ['--proxy', '127.0.0.1:3128', '--target', 'http://127.0.0.1/'];
const WHEN = ['--at', '1:30', '--for', '5h'];
/** Below a place that every user may read: where tests run from may be somebody's home. */
const INSTALL = ['install', 'steady', ...WHEN, ...LOAD, '--cron'];
const install = (...more: string[]) => cli(...INSTALL, '--root', root, ...more);
const installBasic = (...more: string[]) =>
  cli('install', 'basic-storm', ...WHEN, ...LOAD, '--cron', '--root', root, ...more);

describe('soak install --print', () => {
  it('shows every file and command, and changes nothing', async () => {
    const { exitCode, out } = await cli(...INSTALL, '--print', '--root', root, '--rate', '200/s');
    expect(exitCode).toBe(0);
    expect(out).toContain('# useradd --system');
    expect(out).toContain('# --- /etc/cron.d/rushhour-steady (644)');
    expect(out).toContain('30 1 * * * rushhour /etc/rushhour/rushhour-steady.sh night');
    expect(out).toContain(
      `soak steady --for 5h --results /var/lib/rushhour/results --quiet --proxy 127.0.0.1:3128 --target http://127.0.0.1/ --rate 200/s "$1"`,
    );
    expect(readdirSync(root)).toEqual([]);
  });
});

describe('soak install', () => {
  it('passes flags on as they were typed, and leaves out what the night says itself', async () => {
    const typed = ['--label', 'timer 60 s', '--set', 'arms.traffic.close=reset', '--quiet', '--window=30s'];
    const { exitCode, out, err } = await install('--name', 'timer', '--on', 'Mon..Fri', ...typed);
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    expect(out).toContain('written    ');
    expect(out).toMatch(/begins next at .* 01:30:00/);
    const script = readFileSync(join(root, 'etc/rushhour/rushhour-timer.sh'), 'utf8');
    expect(script).toContain("--label 'timer 60 s' --set arms.traffic.close=reset --window 30s " + '"$1"');
    expect(script.match(/--quiet/g)).toHaveLength(1);
    expect(readFileSync(join(root, 'etc/cron.d/rushhour-timer'), 'utf8')).toContain(
      '30 1 * * 1,2,3,4,5 rushhour ',
    );
  });

  it('takes the scenario as a flag, too', async () => {
    const { exitCode } = await cli(
      'install',
      '--scenario',
      'steady',
      ...WHEN,
      ...LOAD,
      '--cron',
      '--root',
      root,
    );
    expect(exitCode).toBe(0);
  });

  it('refuses a password that was typed, without telling it', async () => {
    const { exitCode, out, err } = await installBasic('-U', 'pupil:s3cret');
    expect(exitCode).toBe(2);
    expect(err).toContain('-U env:NAME');
    expect(out + err).not.toContain('s3cret');
    expect(readdirSync(root)).toEqual([]);
  });

  it('refuses a token that was typed, without telling it', async () => {
    const { exitCode, out, err } = await install('--sink', 'influxdb2://h:8086/o/b', '--sink-token', 't0ken');
    expect(exitCode).toBe(2);
    expect(out + err).not.toContain('t0ken');
  });

  it('puts assignments that hold secrets into a file that root alone may read', async () => {
    const secret = ['--set', 'arms.traffic.request.headers.X-Inner=s3cret'];
    const shown = await install(...secret, '--print');
    const { exitCode, out, err } = await install(...secret, '--set', 'arms.traffic.close=reset');
    expect(exitCode, err).toBe(0);
    const path = join(root, 'etc/rushhour/steady.set');
    expect(readFileSync(path, 'utf8')).toMatch(
      /^arms.traffic.request.headers.X-Inner=s3cret\narms.traffic.close=reset$/m,
    );
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const script = readFileSync(join(root, 'etc/rushhour/rushhour-steady.sh'), 'utf8');
    expect(script).toContain('--set @/etc/rushhour/steady.set');
    for (const text of [out, err, shown.out, shown.err, script]) expect(text).not.toContain('s3cret');

    await install();
    expect(readdirSync(join(root, 'etc/rushhour'))).toEqual(['rushhour-steady.sh']);
  });

  it('has systemd hand that file to the unit, and removes it with the night', async ({ skip }) => {
    const { node, main } = locateProgram();
    const hidden = findHidden(new Map(Object.entries({ node, main })));
    skip(hidden.length > 0, 'needs a checkout that a service can see, below /opt for one');
    const systemd = INSTALL.filter((flag) => flag !== '--cron');
    const secret = ['--set', 'arms.traffic.request={ method: POST, body: "a\\ns3cret" }'];
    const { exitCode, err } = await cli(...systemd, '--root', root, ...secret);
    expect(exitCode, err).toBe(0);
    const unit = readFileSync(join(root, 'etc/systemd/system/rushhour-steady.service'), 'utf8');
    expect(settingOf(unit, 'LoadCredential')).toBe('settings:/etc/rushhour/steady.set');
    // biome-ignore lint/suspicious/noTemplateCurlyInString: systemd expands it.
    expect(settingOf(unit, 'ExecStart')).toContain('--set "@${CREDENTIALS_DIRECTORY}/settings"');
    expect(unit).not.toContain('s3cret');
    const kept = readAssignments(['@etc/rushhour/steady.set'], root);
    expect(kept).toEqual([secret[1]]);

    await cli('uninstall', 'steady', '--root', root);
    expect(existsSync(join(root, 'etc/rushhour/steady.set'))).toBe(false);
  });

  it('tells where a variable that holds a secret has to stand', async () => {
    const { exitCode, err } = await installBasic('-U', 'env:PROXY_USER');
    expect(exitCode).toBe(0);
    expect(err).toContain('PROXY_USER from /etc/rushhour/basic-storm.env');
  });

  it('takes files from where it was called', async () => {
    await installBasic('-U', '@users.csv');
    const script = readFileSync(join(root, 'etc/rushhour/rushhour-basic-storm.sh'), 'utf8');
    expect(script).toContain('--proxy-user @/etc/rushhour/users.csv');
  });

  it.each([
    [['--at', '25:00'], 'is not a time of day'],
    [['--on', 'Montag'], 'not days of the week'],
    [['--for', '24h'], 'cannot be repeated daily'],
    [['--name', 'a.b'], 'is not a valid name'],
    [['--name', 'a-resume'], 'is not a valid name'],
    [['--user', 'root'], 'a soak does not need root'],
    [['--label', 'a\nb'], 'a flag contains a line feed'],
    [['--duration', '5h'], '--for sets the length of a soak'],
  ])('refuses %j', async (flags, why) => {
    const { exitCode, err } = await install(...flags);
    expect(exitCode).toBe(2);
    expect(err).toContain(why);
    expect(readdirSync(root)).toEqual([]);
  });

  it('tells of another night that would run at the same time', async () => {
    await install();
    const { exitCode, err } = await install('--name', 'other', '--at', '03:00');
    expect(exitCode).toBe(0);
    expect(err).toContain('other and steady (01:30) would overlap');
  });

  it('refuses what a service cannot see', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'rushhour-nights-'));
    const { exitCode, err } = await cli(
      'install',
      'steady',
      ...WHEN,
      ...LOAD,
      '--root',
      root,
      '--results',
      `${dir}/r`,
    );
    rmSync(dir, { recursive: true });
    expect(exitCode).toBe(5);
    expect(err).toContain(`results: ${dir}/r (below /tmp)`);
  });
});

/** A night that is installed, and runs of it: one that passed, and what a test adds. */
async function installed(): Promise<string> {
  const results = join(root, 'results');
  mkdirSync(results);
  await install('--results', results);
  return results;
}

function keepLock(results: string, endsAt: string, process: object): void {
  const lock = {
    token: 't',
    what: 'steady',
    since: '2025-01-31T01:30:00.000Z',
    process,
    runId: 'tonight',
    endsAt,
  };
  writeFileSync(join(results, 'soak.lock'), JSON.stringify(lock));
}

describe('soak status', () => {
  it('says that nothing is installed, with exit code 5', async () => {
    const { exitCode, err } = await cli('status', '--root', root);
    expect(exitCode).toBe(5);
    expect(err).toContain('no soaks are installed');
  });

  it('shows when a night begins, how the last one went, and that nothing runs', async () => {
    const results = await installed();
    const passed = summary();
    keepRun(results, 'yesterday', { summary: passed });
    const { exitCode, out } = await cli('status', '--root', root);
    expect(out.replace(/\s+/g, ' ')).toContain(`clocks ${localZone()}: clocks `);
    expect(exitCode).toBe(0);
    expect(out).toContain('steady: steady at 01:30 every day for 5 h, by cron');
    expect(out).toContain('nothing is running');
    const stalled = Object.values(passed.arms).reduce((sum, arm) => sum + arm.stalled.count, 0);
    expect(out).toMatch(new RegExp(`yesterday +passed +${stalled.toLocaleString('en-GB')} `));
    const [status] = JSON.parse((await cli('status', 'steady', '--root', root, '--json')).out);
    expect(status).toMatchObject({
      night: { name: 'steady', at: '01:30', results },
      ...{ by: 'cron', armed: true, lock: null, underWay: false, attention: [] },
      last: [{ id: 'yesterday', pass: true, stalled }],
    });
    expect(Date.parse(status.nextStart)).toBeGreaterThan(Date.UTC(2025, 0, 31, 6));
  });

  it('has exit code 3 where the last soak did not pass', async () => {
    const results = await installed();
    const failed = summary();
    failed.verdict.pass = false;
    keepRun(results, 'yesterday', { summary: failed });
    const { exitCode, out } = await cli('status', '--root', root);
    expect(exitCode).toBe(3);
    expect(out).toContain('WARNING  the last soak did not pass');
  });

  it('says who runs now', async () => {
    const results = await installed();
    keepRun(results, 'tonight', { process: markProcess() });
    keepLock(results, '2025-01-31T06:30:00.000Z', markProcess());
    const { out } = await cli('status', '--root', root);
    expect(out).toContain(`running: tonight (process ${process.pid}, since 2025-01-31 01:30:00 UTC)`);
  });

  it('knows whether a night that was cut short has time left', async () => {
    const results = await installed();
    const ask = async () => (await cli('status', 'steady', '--can-resume', '--root', root)).exitCode;
    expect(await ask()).toBe(3);
    keepRun(results, 'tonight');
    // It is six o'clock.
    keepLock(results, '2025-01-31T06:30:00.000Z', DEAD);
    expect(await ask()).toBe(0);
    keepLock(results, '2025-01-31T05:59:00.000Z', DEAD);
    expect(await ask()).toBe(3);
    keepLock(results, '2025-01-31T06:30:00.000Z', markProcess());
    expect(await ask()).toBe(3);
  });
});

describe('soak uninstall', () => {
  it('removes one, and asks which where there are several', async () => {
    const results = await installed();
    await install('--name', 'other', '--at', '12:00', '--results', results);
    const vague = await cli('uninstall', '--root', root);
    expect(vague.exitCode).toBe(2);
    expect(vague.err).toContain('several soaks are installed: other, steady');
    const { exitCode, out } = await cli('uninstall', 'other', '--root', root);
    expect(exitCode).toBe(0);
    expect(out).toContain(`removed  ${root}/etc/cron.d/rushhour-other`);
    // The other night still uses what this one leaves.
    expect(out).not.toContain('kept');
    expect(readdirSync(join(root, 'etc/cron.d'))).toEqual(['rushhour-steady']);
    mkdirSync(root + results, { recursive: true });
    writeFileSync(join(root, 'etc/rushhour/steady.env'), 'A=b\n');
    const last = await cli('uninstall', '--root', root);
    expect(last.out.split('\n').filter((line) => line.startsWith('kept'))).toEqual([
      'kept     /etc/rushhour/steady.env (secrets); to remove it: sudo rm /etc/rushhour/steady.env',
      `kept     ${results} (results); to remove it: sudo rm -r ${results}`,
    ]);
  });
});

describe('soak install for systemd', () => {
  it('is what --print shows where there is neither root nor systemd', async () => {
    const load = ['basic-storm', ...WHEN, ...LOAD, '-U', '@users.csv'];
    const { exitCode, out, err } = await cli('install', ...load, '--print');
    // Tests may run from somebody's home, where no service could start the program.
    if (exitCode === 5) expect(err).toMatch(/which cannot read:\n\s+(program|node):/);
    else {
      expect(out).toContain(
        '# systemctl enable rushhour-basic-storm.timer rushhour-basic-storm-resume.service',
      );
      expect(settingOf(out, 'LoadCredential')).toBe('proxy-users.csv:/etc/rushhour/users.csv');
      expect(out).not.toContain('@/etc/rushhour');
    }
  });
});
