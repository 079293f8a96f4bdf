import { environmentFile, type SoakInstallPlan, type Word } from './installed-soak.ts';
import { markLines } from './mark.ts';
import { quoteForShell } from './quote.ts';
import { cronTimeOf } from './schedule.ts';

/** After the end of the soak itself, as in the service. */
const WIND_UP_SEC = 15 * 60;
const STOP_MARGIN_SEC = 60;

/**
 * Lines for /etc/cron.d: the start of the soak, and after a reboot its rest. crontab(5) would interpret % as a line
 * feed.
 */
export function writeCronTable({ night }: SoakInstallPlan): string {
  const script = quoteForShell(scriptPath(night.name));
  return lines([
    ...markLines(night),
    'SHELL=/bin/sh',
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    `${cronTimeOf(night)} ${night.user} ${script} night`,
    '# Interfaces come up after cron does.',
    `@reboot ${night.user} sleep 60; ${script} resume`,
  ]);
}

export function scriptPath(name: string): string {
  return `/etc/rushhour/rushhour-${name}.sh`;
}

/**
 * The script that cron starts. cron neither restarts nor limits anything, so the script does: after a kill or crash it
 * resumes the soak, at most twenty times, and it ends what does not end by itself.
 */
export function writeCronScript({ night, needs, program, words }: SoakInstallPlan): string {
  const drainSec = Math.ceil(needs.drainUs / 1_000_000);
  const longestSec = Math.ceil(night.forUs / 1_000_000) + drainSec + WIND_UP_SEC;
  const env = quoteForShell(environmentFile(night));
  const command = [program.node, program.main, 'soak'].map(quoteForShell).concat(words.map(formatForShell));
  return lines([
    '#!/bin/sh',
    ...markLines(night),
    '# Starts the soak (night), or resumes an interrupted one (resume).',
    'umask 0022',
    'cd / || exit 5',
    `ulimit -n ${Math.max(4_096, 2 * needs.openAtMost + 1_024)} 2>/dev/null`,
    'ulimit -c 0',
    '# NAME=value, a line each, as for a shell; need not be there.',
    `if [ -r ${env} ]; then set -a; . ${env}; set +a; fi`,
    'export UV_THREADPOOL_SIZE=20',
    `log=${quoteForShell(`${night.results}/${night.name}.log`)}`,
    'soak() {',
    `  timeout --kill-after=${drainSec + STOP_MARGIN_SEC} ${longestSec} ${command.join(' ')} "$1" >>"$log" 2>&1`,
    '}',
    'case $1 in night) how=--resume ;; resume) how=--resume-only ;; *) echo "usage: $0 night|resume" >&2; exit 2 ;; esac',
    '# When clocks are set back, a time occurs twice: whichever cron this is, the soak starts at the first.',
    `begun=${quoteForShell(`${night.results}/.${night.name}.begun`)}`,
    "now=$(date '+%F %H:%M')",
    'if [ "$1" = night ]; then',
    '  if [ -r "$begun" ] && [ "$(cat "$begun")" = "$now" ]; then exit 0; fi',
    '  echo "$now" >"$begun"',
    'fi',
    '# Seconds before it goes on; another number may stand behind the first word.',
    'pause=$2',
    '[ -n "$pause" ] || pause=30',
    'tries=0',
    'soak "$how"',
    'code=$?',
    '# 1: a fault; above 130: killed. The others end the soak: 0, 2 to 5, 124 for too long, 130 for stopped.',
    'while { [ "$code" -eq 1 ] || [ "$code" -gt 130 ]; } && [ "$tries" -lt 20 ]; do',
    '  tries=$((tries + 1))',
    '  sleep "$pause"',
    '  soak --resume-only',
    '  code=$?',
    'done',
    'exit "$code"',
  ]);
}

function formatForShell(word: Word): string {
  return quoteForShell(word.kind === 'text' ? word.text : word.prefix + word.path);
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
