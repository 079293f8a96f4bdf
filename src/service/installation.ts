import { scriptPath, writeCronScript, writeCronTable } from './cron.ts';
import { folderToMake } from './hardening.ts';
import { type InstalledSoak, type SoakInstallPlan, STATE_DIR, settingsFile } from './installed-soak.ts';
import { markLines } from './mark.ts';
import { CRON_DIR, type FoundSoak, type OwnFile, UNIT_DIR } from './own-files.ts';
import { writeResume, writeService, writeTimer } from './units.ts';

type Command = readonly [string, ...string[]];

/** Everything that installing a soak does: shown by --print, carried out by root. */
export interface Installation {
  readonly by: FoundSoak['by'];
  /** Of an earlier installation, if any: secrets that are no longer needed. */
  readonly stale: readonly string[];
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
  plan: SoakInstallPlan,
  by: FoundSoak['by'],
  existing: Existing,
): Installation {
  const { night } = plan;
  const before = [
    ...(existing.user ? [] : [addUser(night.user)]),
    ...(existing.results ? [] : makeFolders(plan, by)),
  ];
  const stale = plan.settings === undefined ? [settingsFile(night)] : [];
  if (by === 'cron') {
    return {
      ...{ by, stale, before },
      files: [
        ...writeSettings(plan),
        { path: scriptPath(night.name), text: writeCronScript(plan), mode: 0o755 },
        { path: `${CRON_DIR}/rushhour-${night.name}`, text: writeCronTable(plan), mode: 0o644 },
      ],
      // cron passes no files on: the soak's user reads it directly.
      after: plan.settings === undefined ? [] : [['chown', night.user, settingsFile(night)]],
    };
  }
  const [service, timer, resume] = unitNames(night);
  return {
    ...{ by, stale, before },
    files: [
      ...writeSettings(plan),
      { path: `${UNIT_DIR}/${service}`, text: writeService(plan), mode: 0o644 },
      { path: `${UNIT_DIR}/${timer}`, text: writeTimer(plan), mode: 0o644 },
      { path: `${UNIT_DIR}/${resume}`, text: writeResume(plan), mode: 0o644 },
    ],
    after: [
      ['systemctl', 'daemon-reload'],
      ['systemctl', 'enable', timer, resume],
      // Until it is restarted, a running timer keeps its old time; a soak in progress continues.
      ['systemctl', 'restart', timer],
    ],
  };
}

/** What a unit or a script must not hold, as everybody may read it. */
function writeSettings({ night, settings }: SoakInstallPlan): OwnFile[] {
  if (settings === undefined) return [];
  const text = `${[...markLines(night), ...settings].join('\n')}\n`;
  return [{ path: settingsFile(night), text, mode: 0o600, isSecret: true }];
}

export function unitNames({ name }: InstalledSoak): [service: string, timer: string, resume: string] {
  return [`rushhour-${name}.service`, `rushhour-${name}.timer`, `rushhour-${name}-resume.service`];
}

/** What to remove, and what to run before and after. */
export function planRemoval({ night, by }: FoundSoak): {
  before: readonly Command[];
  paths: readonly string[];
  after: readonly Command[];
} {
  if (by === 'cron') {
    const paths = [`${CRON_DIR}/rushhour-${night.name}`, scriptPath(night.name), settingsFile(night)];
    return { before: [], paths, after: [] };
  }
  const [service, timer, resume] = unitNames(night);
  return {
    before: [
      ['systemctl', 'disable', '--now', timer],
      ['systemctl', 'disable', resume],
      ['systemctl', 'stop', service],
    ],
    paths: [...[timer, resume, service].map((unit) => `${UNIT_DIR}/${unit}`), settingsFile(night)],
    after: [['systemctl', 'daemon-reload']],
  };
}

/** Without a password, a shell or a home; its group has its name. */
function addUser(user: string): Command {
  const none = ['--home-dir', '/nonexistent', '--no-create-home', '--shell', '/usr/sbin/nologin'];
  return ['useradd', '--system', '--user-group', ...none, user];
}

/** systemd makes the folder below /var/lib itself, and cron none. */
function makeFolders(plan: SoakInstallPlan, by: FoundSoak['by']): Command[] {
  const { user, results } = plan.night;
  const outside = folderToMake(plan);
  const folders = by === 'cron' ? [...new Set([STATE_DIR, results])] : outside === undefined ? [] : [outside];
  return folders.map((folder) => ['install', '-d', '-o', user, '-g', user, '-m', '0755', folder]);
}
