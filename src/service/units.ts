import { formatDuration } from '../scenario/units.ts';
import { hardeningOf, limitsOf } from './hardening.ts';
import { environmentFile, type SoakInstallPlan, STATE_DIR, type Word } from './installed-soak.ts';
import { markLines } from './mark.ts';
import { plainForUnit, quoteForUnit, quoteVariablePath } from './quote.ts';
import { calendarOf } from './schedule.ts';

/** libuv's threads, as bin/rushhour sets them: tokens being made, and Node's own files and names. */
const POOL = 20;
/** What comes after load: the last windows settle, the summary is made, old runs are removed. */
const WIND_UP_SEC = 15 * 60;
const STOP_MARGIN_SEC = 60;
/** A second without a frame is nothing; two minutes without any are a program that hangs. A slow card may take 30 s. */
const WATCHDOG_SEC = 120;

const SYSTEMCTL = '/usr/bin/systemctl';

/** The unit that runs a soak, or resumes an interrupted one. */
export function writeService(plan: SoakInstallPlan): string {
  const { night, needs } = plan;
  const drainSec = Math.ceil(needs.drainUs / 1_000_000);
  const forSec = Math.ceil(night.forUs / 1_000_000);
  return lines([
    ...markLines(night),
    '[Unit]',
    `Description=rushhour soak ${night.name}: ${plainForUnit(night.scenario)} for ${formatDuration(night.forUs)}`,
    'Documentation=man:systemd.service(5)',
    'Wants=network-online.target',
    'After=network-online.target time-sync.target nss-lookup.target',
    '# At most twenty starts an hour, and ten minutes of trying; then it waits for the next start of the timer.',
    'StartLimitIntervalSec=1h',
    'StartLimitBurst=20',
    '',
    '[Service]',
    ...(needs.notifies
      ? [
          '# It says when load begins, and tells once a second that frames come. How long the start takes is no fault.',
          'Type=notify',
          'NotifyAccess=main',
          `WatchdogSec=${WATCHDOG_SEC}`,
        ]
      : ['# It cannot tell systemd that it lives: koffi has no binary for this machine.', 'Type=exec']),
    'TimeoutStartSec=10min',
    '# When clocks are set back, its time occurs twice: a timer started in between would start a second soak.',
    `ExecStart=${commandOf(plan, ['--resume', '--once-at', night.at])}`,
    `User=${night.user}`,
    `Environment=UV_THREADPOOL_SIZE=${POOL}`,
    `Environment=XDG_CONFIG_HOME=${STATE_DIR}/config`,
    '# NAME=value, a line each; read by root, so that nobody else has to. Need not be there.',
    `EnvironmentFile=-${plainForUnit(environmentFile(night))}`,
    ...credentialLines(plan.words),
    '',
    '# Killed, out of memory, hung or not ready (5): it resumes the same soak. Not where that changes nothing: bad',
    '# usage (2), criteria that failed (3), a machine that was the bottleneck (4).',
    'Restart=on-failure',
    'RestartSec=30s',
    'RestartPreventExitStatus=2 3 4',
    '# Stopped by hand; what there is was kept.',
    'SuccessExitStatus=130',
    '# It stops by itself; this is for when it does not.',
    `RuntimeMaxSec=${forSec + drainSec + WIND_UP_SEC}`,
    '# SIGTERM stops new attempts; those under way end by themselves. Not KillMode=mixed: what puts TCP timestamps back',
    '# after a kill has until the timeout to do so.',
    'KillSignal=SIGTERM',
    `TimeoutStopSec=${drainSec + STOP_MARGIN_SEC}`,
    '',
    ...limitsOf(plan),
    '',
    ...hardeningOf(plan),
  ]);
}

/** @param gaps further beginnings, where clocks skip the daily one */
export function writeTimer({ night, gaps = [] }: SoakInstallPlan): string {
  return lines([
    ...markLines(night),
    '[Unit]',
    `Description=rushhour soak ${night.name} begins`,
    '',
    '[Timer]',
    `OnCalendar=${calendarOf(night)}`,
    ...(gaps.length === 0
      ? []
      : ['# Clocks skip that time on these days: the soak starts when the gap ends.']),
    ...gaps.map((gap) => `OnCalendar=${gap}`),
    '# A soak missed because the machine was off stays missed: load must not start during the working day.',
    'Persistent=false',
    '# Soaks are compared with each other, so they start at the same time.',
    'AccuracySec=1s',
    'RandomizedDelaySec=0',
    `Unit=rushhour-${night.name}.service`,
    '',
    '[Install]',
    'WantedBy=timers.target',
  ]);
}

/** The unit that resumes a soak after a boot, if a power cut interrupted it and time is left. */
export function writeResume(plan: SoakInstallPlan): string {
  const { night, program } = plan;
  const check = [
    program.node,
    program.main,
    'soak',
    'status',
    night.name,
    '--can-resume',
    '--results',
    night.results,
  ];
  return lines([
    ...markLines(night),
    '[Unit]',
    `Description=Resume rushhour soak ${night.name} if a power cut interrupted it`,
    '# What is left of an orderly end is no lock: then nothing has to be asked.',
    `ConditionPathExists=${plainForUnit(`${night.results}/soak.lock`)}`,
    'Wants=network-online.target',
    'After=network-online.target time-sync.target',
    '',
    '[Service]',
    'Type=oneshot',
    '# Exits with 0 if the soak was interrupted and has time left.',
    `ExecCondition=${check.map(quoteForUnit).join(' ')}`,
    "# As root, which starting a service needs; the question before it was asked as the night's user.",
    `ExecStart=+${SYSTEMCTL} --no-block start rushhour-${night.name}.service`,
    `User=${night.user}`,
    'NoNewPrivileges=yes',
    'ProtectSystem=strict',
    'ProtectHome=yes',
    'PrivateTmp=yes',
    'PrivateDevices=yes',
    '',
    '[Install]',
    'WantedBy=multi-user.target',
  ]);
}

/** ExecStart= with every argument as systemd reads it. */
function commandOf({ program, words }: SoakInstallPlan, more: readonly string[]): string {
  const quoted = words.map((word) =>
    word.kind === 'text'
      ? quoteForUnit(word.text)
      : quoteVariablePath(word.prefix, 'CREDENTIALS_DIRECTORY', word.id),
  );
  const own = [program.node, program.main, 'soak'].map(quoteForUnit);
  return [...own, ...quoted, ...more.map(quoteForUnit)].join(' ');
}

function credentialLines(words: readonly Word[]): string[] {
  const secrets = words.flatMap((word) => (word.kind === 'secret-file' ? [word] : []));
  if (secrets.length === 0) return [];
  return [
    '# Files that root reads and hands over; nobody else has to be able to.',
    ...secrets.map(({ id, path }) => `LoadCredential=${id}:${plainForUnit(path)}`),
  ];
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
