import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { ENGINE_NAMES, type EngineName } from '../../engine/names.ts';
import { UsageError } from '../../errors.ts';
import type { Origin } from '../../scenario/load.ts';
import { CAPTURE_MODES, type CaptureMode, SWITCHES, type Switch } from '../../scenario/words.ts';
import type { Host } from '../host.ts';
import { addPeerOptions, type PeerOptions } from './peer-options.ts';
import { addSinkOptions, type SinkFlags } from './sink-flags.ts';
import { parseWorkers } from './values.ts';

/** The flags that `run` and `hit` share. */
export interface SharedRunOptions extends SinkFlags, PeerOptions {
  readonly label: string;
  /** `auto`: chosen for the machine and the scenario. */
  readonly workers: number | 'auto';
  readonly engine: 'auto' | EngineName;
  readonly tcpTimestamps?: Switch;
  readonly capture?: CaptureMode;
  readonly results?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly dryRun?: boolean;
  readonly iAmAllowedToTestThis?: boolean;
  /** False: skip the scenario's pre-load check. */
  readonly look?: boolean;
  /** Continue whatever the pre-load check shows. */
  readonly goOn?: boolean;
  /** Not a flag: where proxy and target come from, for display in the plan. */
  readonly origins?: readonly Origin[];
}

export function addSharedRunOptions(command: Command): Command {
  return addPeerOptions(addSinkOptions(command))
    .addOption(
      new Option('--label <text>', 'description of this run, shown with its results').default('', 'none'),
    )
    .option(
      '--workers <n>',
      'threads that generate load; auto: 1, or more if the peak rate needs them and there are cores',
      parseWorkers,
      'auto',
    )
    .addOption(
      new Option('--engine <name>', 'how connections are opened; auto: raw on Linux, portable elsewhere')
        .choices(['auto', ...ENGINE_NAMES])
        .default('auto'),
    )
    .addOption(removedReactorOption())
    .addOption(tcpTimestampsOption('set net.ipv4.tcp_timestamps for the run and restore it (root)'))
    .addOption(captureOption())
    .addOption(resultsOption())
    .option('--json', 'print the summary as JSON, and nothing else on stdout')
    .option('--quiet', 'show no progress')
    .option('--dry-run', 'show the plan and send nothing')
    .option('--i-am-allowed-to-test-this', 'permit a public host; remembered for later runs');
}

/** A flag of version 0.2.0 and earlier, which scripts and timers may still pass. */
function removedReactorOption(): Option {
  return new Option('--reactor <name>').hideHelp().argParser((): never => {
    throw new UsageError('--reactor was removed together with io_uring', {
      hint: 'remove it: the raw engine always uses epoll',
    });
  });
}

/** Whether to make the scenario's check before the load; soaks and experiments have none. */
export function addLookOptions(command: Command): Command {
  return command
    .option('--no-look', 'skip the short check that a scenario may make before the load')
    .option('--go-on', 'start the load even if that check fails');
}

/** @param does description for the command's help */
export function tcpTimestampsOption(does: string): Option {
  return new Option('--tcp-timestamps <switch>', does).choices([...SWITCHES]);
}

/** The results folder. */
export function captureOption(): Option {
  return new Option(
    '--capture <mode>',
    'record the packets of stalled handshakes; auto: if CAP_NET_RAW permits; on: refuse to run without; off: never',
  ).choices([...CAPTURE_MODES]);
}

export function resultsOption(): Option {
  return new Option(
    '--results <dir>',
    'folder that contains one folder per run (default: $RUSHHOUR_RESULTS or ./results)',
  );
}

/** As everywhere, an empty variable counts as unset. */
export function resultsDir(host: Host, given: string | undefined): string {
  const { RUSHHOUR_RESULTS } = host.env;
  return resolve(host.cwd, given ?? (RUSHHOUR_RESULTS || 'results'));
}
