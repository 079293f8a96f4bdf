import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { install } from '../../src/service/install.ts';
import { planInstallation } from '../../src/service/installation.ts';
import { createMachine } from '../../src/service/machine.ts';
import { findInstalled } from '../../src/service/own-files.ts';
import { nightOf, planOf } from '../service/plans.ts';
import { suiteNeeding } from '../support/suite-needing.ts';

const ROOT = join(import.meta.dirname, '../..');
const PACKAGING = join(ROOT, 'packaging/deb');
const PACKAGED = '/usr/lib/rushhour/dist/cli/main.js';

/** Another machine's files, as dpkg --root has them. */
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rushhour-deb-'));
  mkdirSync(join(root, 'usr/bin'), { recursive: true });
  symlinkSync(join(ROOT, 'bin/rushhour'), join(root, 'usr/bin/rushhour'));
});
afterEach(() => rmSync(root, { recursive: true }));

function maintain(script: 'postinst' | 'prerm' | 'postrm', ...args: string[]) {
  const { status, stdout, stderr } = spawnSync('sh', [join(PACKAGING, script), ...args], {
    encoding: 'utf8',
    env: { ...process.env, DPKG_ROOT: root },
  });
  return { status, stdout, stderr };
}

/** Installs a night that starts a program of its own. */
function addNight(name: string, main: string, by: 'systemd' | 'cron' = 'systemd'): void {
  const plan = planOf({ night: nightOf({ name }), program: { node: '/usr/bin/node', main } });
  install(createMachine(root), planInstallation(plan, by, { user: false, results: false }));
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const nights = (): string[] => findInstalled(root).map(({ night }) => night.name);
const isThere = (path: string): boolean => existsSync(join(root, path));

suiteNeeding('removing the Debian package', ['linux'], () => {
  it('uninstalls the nights that start its program, and no others', () => {
    addNight('steady', PACKAGED);
    addNight('by-cron', PACKAGED, 'cron');
    addNight('of-a-checkout', '/opt/rushhour/dist/cli/main.js');
    const { status, stdout, stderr } = maintain('prerm', 'remove');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('rushhour-steady.timer');
    expect(nights()).toEqual(['of-a-checkout']);
    expect(isThere('etc/systemd/system/rushhour-steady-resume.service')).toBe(false);
    expect(isThere('etc/rushhour/rushhour-by-cron.sh')).toBe(false);
  });

  it.each([
    ['upgrade', '9.9.9'],
    ['deconfigure'],
    ['failed-upgrade', '9.9.9'],
  ])('leaves them at %s', (...args) => {
    addNight('steady', PACKAGED);
    expect(maintain('prerm', ...args).status).toBe(0);
    expect(nights()).toEqual(['steady']);
  });

  it('keeps results, secrets and settings', () => {
    write('var/lib/rushhour/results/one/summary.json', '{}');
    write('etc/rushhour/steady.env', 'PROXY_USER=u:p');
    expect([maintain('prerm', 'remove').status, maintain('postrm', 'remove').status]).toEqual([0, 0]);
    expect(isThere('var/lib/rushhour/results/one/summary.json')).toBe(true);
    expect(isThere('etc/rushhour/steady.env')).toBe(true);
  });

  it('goes on where a night cannot be uninstalled, and names its files', () => {
    addNight('steady', PACKAGED);
    rmSync(join(root, 'usr/bin/rushhour'));
    writeFileSync(join(root, 'usr/bin/rushhour'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    const { status, stderr } = maintain('prerm', 'remove');
    expect(status).toBe(0);
    expect(stderr).toContain('soak steady could not be uninstalled');
  });
});

suiteNeeding('purging the Debian package', ['linux'], () => {
  it('removes all that rushhour kept and set, and nothing of others', () => {
    write('var/lib/rushhour/results/one/summary.json', '{}');
    write('var/lib/private/rushhour-probe/results/one/summary.json', '{}');
    symlinkSync('private/rushhour-probe', join(root, 'var/lib/rushhour-probe'));
    write('etc/rushhour/steady.env', 'PROXY_USER=u:p');
    const mark = '# Written by "rushhour doctor --fix --persist"; "rushhour doctor --undo" removes it.\n';
    write('etc/sysctl.d/90-rushhour.conf', `${mark}fs.nr_open = 1\n`);
    write('etc/security/limits.d/90-rushhour.conf', '# mine\n');
    expect(maintain('postrm', 'purge')).toEqual({ status: 0, stdout: '', stderr: '' });
    const gone = [
      'var/lib/rushhour',
      'var/lib/private/rushhour-probe',
      'etc/rushhour',
      'etc/sysctl.d/90-rushhour.conf',
    ];
    expect(gone.filter(isThere)).toEqual([]);
    expect(readdirSync(join(root, 'var/lib'))).toEqual(['private']);
    expect(isThere('etc/security/limits.d/90-rushhour.conf')).toBe(true);
    // The mark is that of the program, which is gone by then.
    expect(readFileSync(join(ROOT, 'src/doctor/fix/persist.ts'), 'utf8')).toContain(mark.trim());
  });

  it('keeps what nights of another copy use, and says so', () => {
    write('var/lib/rushhour/results/one/summary.json', '{}');
    addNight('of-a-checkout', '/opt/rushhour/dist/cli/main.js', 'cron');
    const { status, stderr } = maintain('postrm', 'purge');
    expect(status).toBe(0);
    expect(stderr).toContain('nights of another copy');
    expect(isThere('var/lib/rushhour/results/one/summary.json')).toBe(true);
  });
});

const UNIT = join(PACKAGING, 'rushhour.service');

suiteNeeding('the unit of the Debian package', ['linux', 'systemd-analyze'], () => {
  it('is without fault', () => {
    const unit = join(root, 'rushhour.service');
    // The program is where the package puts it, not here.
    writeFileSync(unit, readFileSync(UNIT, 'utf8').replace('/usr/bin/node', process.execPath));
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', unit], {
      encoding: 'utf8',
    });
    expect([status, stderr.split('\n').filter((line) => line.includes(root))]).toEqual([0, []]);
  });

  it('exposes little of the machine: 1.5 of 10 at most', () => {
    const told = execFileSync('systemd-analyze', ['security', '--offline=yes', '--no-pager', UNIT], {
      encoding: 'utf8',
    });
    expect(Number(/exposure level for \S+: ([\d.]+)/.exec(told)?.[1])).toBeLessThanOrEqual(1.5);
  });
});

describe('the launcher of the Debian package', () => {
  it('neither installs nor builds where it lies, even when something is newer', () => {
    const lib = join(root, 'usr/lib/rushhour');
    cpSync(join(ROOT, 'bin'), join(lib, 'bin'), { recursive: true });
    writeFileSync(join(lib, 'package.json'), '{"type":"module"}');
    const { status, stderr } = spawnSync(process.execPath, [join(lib, 'bin/rushhour')], { encoding: 'utf8' });
    expect(status).toBe(5);
    expect(stderr).toContain('this installation is not whole');
    expect(stderr).not.toContain('npm ci failed');
    expect(existsSync(join(lib, 'node_modules')) || existsSync(join(lib, 'dist'))).toBe(false);
  });
});

suiteNeeding('npm run deb', ['linux'], () => {
  it.each([
    [['--arch', 'sparc'], 'Say amd64, arm64 or armhf.'],
    [['--arch'], '--arch wants a value'],
    [['-x'], 'what is -x?'],
  ])('%s is bad usage', (args, why) => {
    const { status, stderr } = spawnSync(join(PACKAGING, 'build'), args, { encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stderr).toContain(why);
  });

  it('gives a package its name once it is whole: one that was interrupted is none', () => {
    const build = readFileSync(join(PACKAGING, 'build'), 'utf8');
    const making = /^make_package\(\) \{\n.*?^\}/ms.exec(build)?.[0] ?? '';
    const script = `set -euo pipefail
here=${PACKAGING} work=${root} out=${root}/out version=1 SOURCE_DATE_EPOCH=0
mkdir -p $work/all/usr/lib/rushhour/bin $work/all/usr/share/doc/rushhour
touch $work/all/usr/lib/rushhour/bin/rushhour
stage_packages() { :; }; write_control() { :; }; installed_kib() { echo 1; }; say() { :; }; node() { :; }
dpkg-deb() { echo half >"\${!#}"; return 2; }
${making}
make_package amd64`;
    const { status } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
    expect(status).toBe(2);
    expect(readdirSync(join(root, 'out')).filter((name) => name.endsWith('.deb'))).toEqual([]);
  });
});
