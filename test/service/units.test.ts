import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SoakInstallPlan } from '../../src/service/installed-soak.ts';
import { writeResume, writeService, writeTimer } from '../../src/service/units.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { needsOf, nightOf, planOf, settingOf } from './plans.ts';

describe('the service of a night', () => {
  it('starts node with the built program, and goes on with a night that was cut short', () => {
    const plan = planOf({ program: { node: '/usr/bin/node', main: '/opt/rushhour/dist/cli/main.js' } });
    expect(settingOf(writeService(plan), 'ExecStart')).toBe(
      '/usr/bin/node /opt/rushhour/dist/cli/main.js soak steady --for 5h --rate 200/s --resume --once-at 01:30',
    );
  });

  it('hands secret files over and names only where systemd puts them', () => {
    const unit = writeService(
      planOf({
        words: [
          { kind: 'text', text: '--proxy-user' },
          { kind: 'secret-file', prefix: '@', id: 'proxy-users.csv', path: '/etc/rushhour/100% users.csv' },
        ],
      }),
    );
    expect(settingOf(unit, 'ExecStart')).toMatch(
      / soak --proxy-user "@\$\{CREDENTIALS_DIRECTORY\}\/proxy-users\.csv" --resume --once-at 01:30$/,
    );
    expect(settingOf(unit, 'LoadCredential')).toBe('proxy-users.csv:/etc/rushhour/100%% users.csv');
    expect(settingOf(unit, 'EnvironmentFile')).toBe('-/etc/rushhour/steady.env');
  });

  it('ends what does not end by itself, later than the night with all that follows it', () => {
    const unit = writeService(planOf());
    expect(Number(settingOf(unit, 'RuntimeMaxSec'))).toBeGreaterThan(5 * 3_600 + 30);
    expect(Number(settingOf(unit, 'TimeoutStopSec'))).toBeGreaterThan(30);
    expect(settingOf(unit, 'RestartPreventExitStatus')).toBe('2 3 4');
  });

  it('has a watchdog only where the program can feed it', () => {
    expect(settingOf(writeService(planOf()), 'Type')).toBe('notify');
    const mute = writeService(planOf({ needs: needsOf({ notifies: false }) }));
    expect(settingOf(mute, 'Type')).toBe('exec');
    expect(settingOf(mute, 'WatchdogSec')).toBeUndefined();
  });

  it('has the capabilities that its scenario needs, and no others', () => {
    const capabilities = (changes: Parameters<typeof needsOf>[0]) =>
      settingOf(writeService(planOf({ needs: needsOf(changes) })), 'CapabilityBoundingSet');
    expect(capabilities({})).toBe('');
    expect(capabilities({ bindsLowPorts: true })).toBe('CAP_NET_BIND_SERVICE');
    expect(capabilities({ setsTcpTimestamps: true })).toBe('CAP_NET_ADMIN');
    const packets = writeService(planOf({ needs: needsOf({ sendsPackets: true }) }));
    expect(settingOf(packets, 'AmbientCapabilities')).toBe('CAP_NET_RAW CAP_NET_ADMIN');
    expect(settingOf(packets, 'RestrictAddressFamilies')).toContain('AF_PACKET');
    expect(settingOf(writeService(planOf()), 'RestrictAddressFamilies')).not.toContain('AF_PACKET');
    const setting = writeService(planOf({ needs: needsOf({ setsTcpTimestamps: true }) }));
    expect(settingOf(setting, 'AmbientCapabilities')).toBe('CAP_NET_ADMIN');
    expect(settingOf(setting, 'ProtectKernelTunables')).toBe('no');
    expect(settingOf(writeService(planOf()), 'ProtectKernelTunables')).toBe('yes');
  });

  it('may open what an outage needs, and use memory for it', () => {
    const few = writeService(planOf({ needs: needsOf({ openAtMost: 10 }) }));
    const many = writeService(planOf({ needs: needsOf({ openAtMost: 100_000 }) }));
    expect(settingOf(few, 'LimitNOFILE')).toBe('4096');
    expect(Number(settingOf(many, 'LimitNOFILE'))).toBeGreaterThan(200_000);
    const memoryMb = (unit: string) => Number.parseInt(settingOf(unit, 'MemoryMax') ?? '', 10);
    expect(memoryMb(many) - memoryMb(few)).toBeGreaterThan(1_000);
  });

  it('may write outside its own folder only where results are kept', () => {
    expect(settingOf(writeService(planOf()), 'ReadWritePaths')).toBeUndefined();
    const elsewhere = writeService(planOf({ night: nightOf({ results: '/srv/rush hour' }) }));
    expect(settingOf(elsewhere, 'ReadWritePaths')).toBe('"/srv/rush hour"');
    const similar = writeService(planOf({ night: nightOf({ results: '/var/lib/rushhour-2' }) }));
    expect(settingOf(similar, 'ReadWritePaths')).toBe('/var/lib/rushhour-2');
  });
});

describe('the timer of a night', () => {
  it('begins on the minute, on the days asked for, and makes up for nothing', () => {
    const timer = writeTimer(planOf({ night: nightOf({ on: 'Mon..Fri' }) }));
    expect(settingOf(timer, 'OnCalendar')).toBe('Mon..Fri *-*-* 01:30:00');
    expect(settingOf(writeTimer(planOf()), 'OnCalendar')).toBe('*-*-* 01:30:00');
    expect(settingOf(timer, 'Persistent')).toBe('false');
    expect(settingOf(timer, 'AccuracySec')).toBe('1s');
  });
});

/** What a unit would do if it were taken for anything but text. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: what a shell or systemd would expand.
const NASTY = ['a b', '"', "'", '\\', '$HOME', '%h', '100%', ';', '#', 'ü', '', '\\n', '-x;y', '${HOME}'];

const PLANS: Record<string, SoakInstallPlan> = {
  plain: planOf(),
  nasty: planOf({
    night: nightOf({ label: 'it\'s "100%" $HOME', results: '/srv/a %h "b"' }),
    words: NASTY.map((text) => ({ kind: 'text', text })),
  }),
  privileged: planOf({ needs: needsOf({ bindsLowPorts: true, setsTcpTimestamps: true, notifies: false }) }),
  secret: planOf({
    words: [{ kind: 'secret-file', prefix: '@', id: 'proxy-users', path: '/etc/rushhour/users' }],
  }),
};

function writeUnits(plan: SoakInstallPlan): { dir: string; service: string; paths: string[] } {
  const dir = mkdtempSync(join(tmpdir(), 'rushhour-units-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const units = {
    'rushhour-steady.service': writeService(plan),
    'rushhour-steady.timer': writeTimer(plan),
    'rushhour-steady-resume.service': writeResume(plan),
  };
  for (const [name, text] of Object.entries(units)) writeFileSync(join(dir, name), text);
  const paths = Object.keys(units).map((name) => join(dir, name));
  return { dir, service: paths[0]!, paths };
}

suiteNeeding('units as systemd reads them', ['linux', 'systemd-analyze'], () => {
  it.each(Object.keys(PLANS))('are without fault: %s', (name) => {
    const { paths, dir } = writeUnits(PLANS[name]!);
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', ...paths], { encoding: 'utf8' });
    expect(stderr.split('\n').filter((line) => line.includes(dir))).toEqual([]);
    expect(status).toBe(0);
  });

  it('name a fault when there is one, so that their silence means something', () => {
    const { paths, dir, service } = writeUnits(planOf());
    writeFileSync(service, readFileSync(service, 'utf8').replace('ProtectHome=yes', 'ProtectHome=perhaps'));
    const { stderr } = spawnSync('systemd-analyze', ['verify', ...paths], { encoding: 'utf8' });
    expect(
      stderr
        .split('\n')
        .filter((line) => line.includes(dir))
        .join(),
    ).toContain('perhaps');
  });

  it.each([
    ['plain', 1.5],
    ['privileged', 2],
  ] as const)('expose little of the machine: %s, %d of 10 at most', (name, most) => {
    const { service } = writeUnits(PLANS[name]!);
    const args = ['security', '--offline=yes', '--no-pager', service];
    const told = execFileSync('systemd-analyze', args, { encoding: 'utf8' });
    const score = Number(/exposure level for \S+: ([\d.]+)/.exec(told)?.[1]);
    expect(score).toBeLessThanOrEqual(most);
  });
});

suiteNeeding(
  'the filter of system calls',
  // systemd brings libseccomp with it.
  ['linux', 'root', 'systemd-analyze', 'python3'],
  () => {
    const confine = join(import.meta.dirname, 'confine.py');

    it('lets a whole run through', () => {
      const { service, dir } = writeUnits(planOf());
      const main = planOf().program.main;
      const run = ['run', 'quickstart', '--duration', '2s', '--rate', '50/s', '--quiet', '--json'];
      const { stdout, stderr, status } = spawnSync(
        'python3',
        [confine, service, process.execPath, main, ...run, '--results', dir],
        { encoding: 'utf8' },
      );
      expect(stderr).not.toContain('internal fault');
      // 4 where this machine was busy.
      expect([0, 3, 4]).toContain(status);
      const { arms, run: about } = JSON.parse(stdout);
      expect(about).toMatchObject({ status: 'complete', engine: 'raw', stallsByTcpInfo: true });
      expect(arms.stress.completed).toBeGreaterThan(0);
    });

    it('keeps what the program has no use for', () => {
      const { service } = writeUnits(planOf());
      const attempt = `
import os
for name, call in (('nice', lambda: os.nice(1)), ('chroot', lambda: os.chroot('/')), ('chown', lambda: os.chown('/', 0, 0))):
    try: call(); print(name, 'done')
    except OSError as error: print(name, error.errno)
`;
      const told = execFileSync('python3', [confine, service, 'python3', '-c', attempt], {
        encoding: 'utf8',
      });
      expect(told.trim().split('\n')).toEqual(['nice 1', 'chroot 1', 'chown 1']);
    });
  },
);

suiteNeeding('CAP_NET_ADMIN alone', ['linux', 'root', 'netns', 'setpriv'], () => {
  it('is enough for another user to set TCP timestamps, and nothing is without it', () => {
    const setting = '/proc/sys/net/ipv4/tcp_timestamps';
    const tryAs = (...capabilities: string[]) => {
      const user = ['--reuid=65534', '--regid=65534', '--clear-groups', '--no-new-privs'];
      const script = `echo 0 > ${setting}; cat ${setting}`;
      const args = ['--net', 'setpriv', ...user, ...capabilities, 'sh', '-c', script];
      return spawnSync('unshare', args, { encoding: 'utf8' }).stdout.trim();
    };
    const set = ['inh', 'ambient', 'bounding'].map((kind) =>
      kind === 'bounding' ? '--bounding-set=-all,+net_admin' : `--${kind}-caps=-all,+net_admin`,
    );
    expect(tryAs('--inh-caps=-all', '--bounding-set=-all')).toBe('1');
    expect(tryAs(...set)).toBe('0');
  });
});
