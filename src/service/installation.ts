import { scriptPath, writeCronScript, writeCronTable } from './cron.ts';
import { folderToMake } from './hardening.ts';
import { type Night, type NightPlan, STATE_DIR } from './night.ts';
import { CRON_DIR, type InstalledNight, type OwnFile, UNIT_DIR } from './own-files.ts';
import { writeResume, writeService, writeTimer } from './units.ts';

type Command = readonly [string, ...string[]];

/** All that installing a night comes to: shown by --print, done by root. */
export interface Installation {
  readonly by: InstalledNight['by'];
  /** Before the files are written. */
  readonly before: readonly Command[];
  readonly files: readonly OwnFile[];
  readonly after: readonly Command[];
}

/** What of it is there already. */
export interface Existing {
  readonly user: boolean;
  /** The results folder: whose it is stays as it is. */
  readonly results: boolean;
}

export function planInstallation(
  plan: NightPlan,
  by: InstalledNight['by'],
  existing: Existing,
): Installation {
  const { night } = plan;
  const before = [
    ...(existing.user ? [] : [addUser(night.user)]),
    ...(existing.results ? [] : makeFolders(plan, by)),
  ];
  if (by === 'cron') {
    return {
      by,
      before,
      files: [
        { path: scriptPath(night.name), text: writeCronScript(plan), mode: 0o755 },
        { path: `${CRON_DIR}/rushhour-${night.name}`, text: writeCronTable(plan), mode: 0o644 },
      ],
      after: [],
    };
  }
  const [service, timer, resume] = unitNames(night);
  return {
    by,
    before,
    files: [
      { path: `${UNIT_DIR}/${service}`, text: writeService(plan), mode: 0o644 },
      { path: `${UNIT_DIR}/${timer}`, text: writeTimer(plan), mode: 0o644 },
      { path: `${UNIT_DIR}/${resume}`, text: writeResume(plan), mode: 0o644 },
    ],
    after: [
      ['systemctl', 'daemon-reload'],
      ['systemctl', 'enable', timer, resume],
      // A timer that runs keeps its old time until then; a night under way goes on.
      ['systemctl', 'restart', timer],
    ],
  };
}

export function unitNames({ name }: Night): [service: string, timer: string, resume: string] {
  return [`rushhour-${name}.service`, `rushhour-${name}.timer`, `rushhour-${name}-resume.service`];
}

/** What is to be removed, and run before and after. */
export function planRemoval({ night, by }: InstalledNight): {
  before: readonly Command[];
  paths: readonly string[];
  after: readonly Command[];
} {
  if (by === 'cron') {
    return { before: [], paths: [`${CRON_DIR}/rushhour-${night.name}`, scriptPath(night.name)], after: [] };
  }
  const [service, timer, resume] = unitNames(night);
  return {
    before: [
      ['systemctl', 'disable', '--now', timer],
      ['systemctl', 'disable', resume],
      ['systemctl', 'stop', service],
    ],
    paths: [timer, resume, service].map((unit) => `${UNIT_DIR}/${unit}`),
    after: [['systemctl', 'daemon-reload']],
  };
}

/** Without a password, a shell or a home; its group has its name. */
function addUser(user: string): Command {
  const none = ['--home-dir', '/nonexistent', '--no-create-home', '--shell', '/usr/sbin/nologin'];
  return ['useradd', '--system', '--user-group', ...none, user];
}

/** systemd makes the folder below /var/lib itself, and cron none. */
function makeFolders(plan: NightPlan, by: InstalledNight['by']): Command[] {
  const { user, results } = plan.night;
  const outside = folderToMake(plan);
  const folders = by === 'cron' ? [...new Set([STATE_DIR, results])] : outside === undefined ? [] : [outside];
  return folders.map((folder) => ['install', '-d', '-o', user, '-g', user, '-m', '0755', folder]);
}
