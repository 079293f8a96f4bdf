import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { EXIT, type ExitCode, UsageError } from '../../errors.ts';
import type { ServerProxyFlags } from '../../fleet/link/read-proxy.ts';
import { parseSize } from '../../read/filter.ts';
import { escapeControls } from '../../render/escape.ts';
import { formatVersion } from '../../render/version.ts';
import { readVersions } from '../../session/load/versions.ts';
import { redactCommand } from '../command-line.ts';
import type { Context } from '../context.ts';
import { KEEP_UNSENT_BYTES, type ProbeFiles, probeFile } from '../flags/probe-files.ts';
import { resultsDir, resultsOption } from '../flags/run-options.ts';
import { addServerProxyOptions } from '../flags/server-proxy.ts';
import { addSinkOptions, readSinks, type SinkFlags } from '../flags/sink-flags.ts';
import { asValue, parseCount } from '../flags/values.ts';
import type { ProbePrintFlags } from './probe-print.ts';

const DAY_MS = 86_400_000;
/** A second Ctrl-C ends a run in progress within this, and the probe then in any case. */
const HURRY_MS = 5_000;

interface ProbeFlags extends ProbeFiles, ProbePrintFlags, ServerProxyFlags, SinkFlags {
  readonly state?: string;
  readonly results?: string;
  readonly enroll?: string;
  readonly keepUnsent: number;
  readonly keepDays?: number;
}

export function registerProbe(program: Command, context: Context): void {
  const command = addServerProxyOptions(program.command('probe'))
    .description(
      'Let the operator of a fleet run scenarios from this machine, as far as the policy of its owner allows. It connects outwards only, records each run in a folder like any other, and keeps what it recorded until the server has all of it.',
    )
    .option('--credentials <file>', 'what it connects with; "rushhour fleet up" writes the file')
    .option('--policy <file>', 'YAML file with what it may be asked for; docs/fleet.md describes every key')
    .option(
      '--enroll <token>',
      'make the file of --credentials with a token of "rushhour fleet enroll", and end; - reads it from standard input',
    )
    .option('--state <dir>', 'folder of what is still to be sent (default: .probe in the results folder)')
    .addOption(resultsOption())
    .addOption(
      new Option(
        '--keep-unsent <size>',
        'most that waits on the disk to be sent; beyond it, captures of the oldest run go first, which the operator is told',
      )
        .default(KEEP_UNSENT_BYTES, '2GB')
        .argParser(asValue(parseSize)),
    )
    .option(
      '--keep-days <n>',
      'remove the folder of a run this long after all of it was sent (default: never)',
      parseCount,
    )
    .option(
      '--print-unit',
      'print a systemd unit that runs it on this machine, and end; captures need a privilege if --policy allows them',
    )
    .option(
      '--print-ansible-vars',
      'print the variables that the Ansible role takes for this probe, without secrets, and end',
    );
  addSinkOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  rushhour probe --credentials leeds-1.json --policy probe.yaml --results leeds-1
  rushhour probe --enroll rushhour1.580.x3Vg0b_Q... --credentials leeds-1.json
  rushhour probe --print-unit --policy probe.yaml
  rushhour probe --print-ansible-vars --credentials leeds-1.json --policy probe.yaml

The folder of --results is this probe's alone: what the operator of a fleet receives belongs in another, even on one machine.
It runs until Ctrl-C; a run in progress then lets its attempts finish. Without a connection, a run goes on to its planned
end, and what it recorded is sent once there is one again, by a later process, too.`,
    )
    .action(context.act((flags: ProbeFlags) => probe(context, flags)));
}

/** What a probe records in the folder of an operator is there twice once it was received, and in series with that of others. */
async function warnOfFleetRuns(results: string, id: string, say: (line: string) => void): Promise<void> {
  const { listFleetRuns } = await import('../../read/fleet/list.ts');
  const [first] = await listFleetRuns(results);
  if (first === undefined) return;
  say(
    `${results} holds runs of a fleet, such as ${first.file.id}, that an operator received: runs of this probe would be listed twice there; give it a folder of its own, such as --results ${id}`,
  );
}

async function probe(context: Context, flags: ProbeFlags) {
  const { host, services, args } = context;
  if (flags.printUnit === true || flags.printAnsibleVars === true) {
    const { printForProbe } = await import('./probe-print.ts');
    return printForProbe(host, flags);
  }
  if (flags.enroll !== undefined) {
    const { enrollHere } = await import('./probe-enroll.ts');
    return enrollHere(host, flags, flags.enroll);
  }
  const [
    { describeRole },
    { readOwnCredentials },
    { readPolicy },
    { runProbe, sayMistakes },
    { readServerProxy },
    { sinkingStart },
  ] = await Promise.all([
    import('../../fleet/credentials.ts'),
    import('../read-own-credentials.ts'),
    import('../../fleet/policy/read-policy.ts'),
    import('../../fleet/probe/probe.ts'),
    import('../../fleet/link/read-proxy.ts'),
    import('../sinking-start.ts'),
  ]);
  const file = probeFile(host, flags, 'credentials');
  const credentials = await readOwnCredentials(host, file, 'probe');
  if (credentials.role.kind !== 'probe') {
    throw new UsageError(`${file} holds the credentials of ${describeRole(credentials.role)}`, {
      hint: 'give those of a probe: credentials/ID.json in the folder of the fleet',
    });
  }
  const policy = probeFile(host, flags, 'policy');
  // Before anything is taken: a mistake is told at once.
  await readPolicy(policy);
  readSinks(flags, host);
  const results = resultsDir(host, flags.results);
  const say = (line: string): void => host.stderr.write(`rushhour: ${escapeControls(line)}\n`);
  await warnOfFleetRuns(results, credentials.role.id, say);
  const [ending, hurry] = [new AbortController(), new AbortController()];
  let leave: (code: ExitCode) => void = () => {};
  const left = new Promise<ExitCode>((resolve) => {
    leave = resolve;
  });
  const release = host.onStopSignal((name) => {
    // The policy is read whenever it is needed; SIGHUP only asks for a word about it. A lost terminal ends the probe.
    if (name !== 'SIGHUP' || host.stderr.isTTY) {
      if (!ending.signal.aborted) return ending.abort();
      // Whatever is in progress, what was recorded is on the disk.
      if (hurry.signal.aborted) return leave(EXIT.interrupted);
      setTimeout(() => leave(EXIT.interrupted), HURRY_MS).unref();
      return hurry.abort();
    }
    readPolicy(policy).then(
      () => say('the policy was read again'),
      (error: Error) => sayMistakes(error.message, say),
    );
  });
  try {
    const served = runProbe(
      {
        proxy: await readServerProxy(host, flags),
        ...{ id: credentials.role.id, credentials, resultsDir: results, say },
        keepUnsentBytes: flags.keepUnsent,
        keepSentMs: flags.keepDays === undefined ? undefined : flags.keepDays * DAY_MS,
        readPolicy: () => readPolicy(policy),
        stateDir: flags.state === undefined ? join(results, '.probe') : resolve(host.cwd, flags.state),
        version: formatVersion(readVersions()),
        host: await services.readHostFacts(),
        readHost: () => services.readHostFacts(),
        command: redactCommand(args),
        startSession: sinkingStart(services.startSession.bind(services), {
          ...{ host, flags, results, say },
          readSite: async () => (await readPolicy(policy)).labels?.['site'],
        }),
      },
      ending.signal,
      hurry.signal,
    ).then(() => EXIT.ok);
    return await Promise.race([served, left]);
  } finally {
    release();
  }
}
