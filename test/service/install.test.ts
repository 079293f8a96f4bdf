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
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { EnvironmentError, UsageError } from '../../src/errors.ts';
import { findKept, findOverlaps, install, uninstall } from '../../src/service/install.ts';
import { planInstallation } from '../../src/service/installation.ts';
import type { Machine } from '../../src/service/machine.ts';
import { MARK } from '../../src/service/mark.ts';
import { findInstalled } from '../../src/service/own-files.ts';
import { nightOf, planOf } from './plans.ts';

const ALL_THERE = { user: true, results: true };

/** A machine whose files are below a folder, and whose commands are noted. */
function scratch(failing?: string): Machine & { readonly commands: string[] } {
  const root = mkdtempSync(join(tmpdir(), 'rushhour-root-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const commands: string[] = [];
  return {
    root,
    commands,
    isRoot: true,
    hasSystemd: true,
    run(command) {
      commands.push(command.join(' '));
      const fails = command.join(' ') === failing;
      return { status: fails ? 1 : 0, stdout: '', stderr: fails ? 'no such thing\n' : '' };
    },
    hasUser: () => true,
    findForbidden: () => [],
  };
}

const UNITS = ['rushhour-steady-resume.service', 'rushhour-steady.service', 'rushhour-steady.timer'];

it('writes three units, enables the timer and the resumption, and starts no night', () => {
  const machine = scratch();
  const done = install(machine, planInstallation(planOf(), 'systemd', ALL_THERE));
  const dir = join(machine.root, 'etc/systemd/system');
  expect(readdirSync(dir).sort()).toEqual(UNITS);
  expect(statSync(join(dir, UNITS[1]!)).mode & 0o777).toBe(0o644);
  expect(done.files.map(({ change }) => change)).toEqual(['written', 'written', 'written']);
  expect(machine.commands).toEqual([
    'systemctl daemon-reload',
    'systemctl enable rushhour-steady.timer rushhour-steady-resume.service',
    'systemctl restart rushhour-steady.timer',
  ]);
});

it('makes the user and a results folder of its own first, where they are missing', () => {
  const plan = planOf({ night: nightOf({ results: '/srv/nights', user: 'probe' }) });
  const { before } = planInstallation(plan, 'systemd', { user: false, results: false });
  expect(before.map((words) => words.join(' '))).toEqual([
    'useradd --system --user-group --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin probe',
    'install -d -o probe -g probe -m 0755 /srv/nights',
  ]);
  // systemd makes it (StateDirectory=).
  expect(planInstallation(planOf(), 'systemd', { user: true, results: false }).before).toEqual([]);
});

it('changes nothing the second time, and only what differs later', () => {
  const machine = scratch();
  install(machine, planInstallation(planOf(), 'systemd', ALL_THERE));
  const again = install(machine, planInstallation(planOf(), 'systemd', ALL_THERE));
  expect(again.files.map(({ change }) => change)).toEqual(['unchanged', 'unchanged', 'unchanged']);
  const other = planOf({ words: [{ kind: 'text', text: 'steady' }] });
  const later = install(machine, planInstallation(other, 'systemd', ALL_THERE));
  expect(later.files.map(({ change }) => change)).toEqual(['changed', 'unchanged', 'unchanged']);
});

it('leaves a file of somebody else alone, and writes nothing beside it', () => {
  const machine = scratch();
  const path = join(machine.root, 'etc/systemd/system', UNITS[2]!);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '[Timer]\nOnCalendar=daily\n');
  expect(() => install(machine, planInstallation(planOf(), 'systemd', ALL_THERE))).toThrow(UsageError);
  expect(readdirSync(dirname(path))).toEqual([UNITS[2]]);
  expect(machine.commands).toEqual([]);
  uninstall(machine, { night: nightOf(), by: 'systemd' });
  expect(readFileSync(path, 'utf8')).toContain('daily');
});

it('says which command failed, and why', () => {
  const machine = scratch('systemctl daemon-reload');
  const act = () => install(machine, planInstallation(planOf(), 'systemd', ALL_THERE));
  expect(act).toThrow(EnvironmentError);
  expect(act).toThrow('systemctl daemon-reload failed (no such thing)');
});

it('removes what it installed, by systemd and by cron, and keeps results', () => {
  const machine = scratch();
  const results = join(machine.root, 'var/lib/rushhour/results/a-run');
  mkdirSync(results, { recursive: true });
  install(machine, planInstallation(planOf(), 'systemd', ALL_THERE));
  install(machine, planInstallation(planOf({ night: nightOf({ name: 'other' }) }), 'cron', ALL_THERE));
  const found = findInstalled(machine.root);
  expect(found.map(({ night, by }) => [night.name, by])).toEqual([
    ['other', 'cron'],
    ['steady', 'systemd'],
  ]);
  expect(found[1]!.night).toEqual(nightOf());
  machine.commands.length = 0;
  for (const each of found) uninstall(machine, each);
  expect(machine.commands).toEqual([
    'systemctl disable --now rushhour-steady.timer',
    'systemctl disable rushhour-steady-resume.service',
    'systemctl stop rushhour-steady.service',
    'systemctl daemon-reload',
  ]);
  expect(findInstalled(machine.root)).toEqual([]);
  expect(readdirSync(join(machine.root, 'etc/systemd/system'))).toEqual([]);
  // Made for the night: here is no cron that keeps files there.
  for (const dir of ['etc/rushhour', 'etc/cron.d']) expect(existsSync(join(machine.root, dir))).toBe(false);
  expect(findKept(machine, found[1]!)).toEqual([
    { what: '/var/lib/rushhour/results (results)', command: 'sudo rm -r /var/lib/rushhour/results' },
    { what: '/var/lib/rushhour (state)', command: 'sudo rm -r /var/lib/rushhour' },
    { what: 'user rushhour', command: 'sudo userdel rushhour' },
  ]);
  expect(existsSync(results)).toBe(true);
});

it('marks cron files where cron and a shell do not mind, and keeps any label', () => {
  const machine = scratch();
  const night = nightOf({ label: 'Zürich "B" \\ 100%' });
  install(machine, planInstallation(planOf({ night }), 'cron', ALL_THERE));
  const script = readFileSync(join(machine.root, 'etc/rushhour/rushhour-steady.sh'), 'utf8');
  expect(script.split('\n').slice(0, 2)).toEqual(['#!/bin/sh', MARK]);
  expect(findInstalled(machine.root)[0]!.night).toEqual(night);
});

it('tells of other nights that would run at the same time', () => {
  const machine = scratch();
  install(machine, planInstallation(planOf(), 'systemd', ALL_THERE));
  const names = (changes: Parameters<typeof nightOf>[0]) =>
    findOverlaps(machine.root, nightOf(changes)).map(({ name }) => name);
  expect(names({ name: 'other', at: '03:00' })).toEqual(['steady']);
  expect(names({ name: 'other', at: '07:00' })).toEqual([]);
  expect(names({ name: 'steady', at: '03:00' })).toEqual([]);
});
