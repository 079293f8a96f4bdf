import { type Command, Option } from 'commander';
import type { Overrides } from '../../scenario/overrides.ts';
import { VIAS, type Via } from '../../scenario/words.ts';
import { addTicketOptions } from '../auth-flags.ts';
import type { Context } from '../context.ts';
import { readUser } from '../credentials.ts';
import type { Host } from '../host.ts';
import { addSharedRunOptions, type SharedRunOptions } from '../run-options.ts';
import { collect } from '../values.ts';

/** What the command line changes in a scenario; also what `doctor` takes. */
export interface OverrideOptions {
  readonly proxy?: string;
  readonly target?: string;
  readonly via?: Via;
  readonly rate?: string;
  readonly duration?: string;
  readonly set?: string[];
  readonly proxyUser?: string;
  readonly keytab?: string;
  readonly principal?: string[];
  readonly service?: string;
}

/**
 * The overrides that the flags come to.
 * @throws UsageError where --proxy-user names no credentials
 */
export function readOverrides({ proxyUser, ...flags }: OverrideOptions, host: Host): Overrides {
  if (proxyUser === undefined) return flags;
  return { ...flags, proxyUser: readUser('--proxy-user', proxyUser, host) };
}

export function addOverrideOptions(command: Command): Command {
  command
    .option('-x, --proxy <host:port>', 'proxy of every arm that names none of its own')
    .option('--target <url>', 'target of every arm that names none: http://, https:// or tcp://host:port')
    .addOption(new Option('--via <way>', 'how every arm connects').choices([...VIAS]))
    .option('--rate <rate>', 'highest rate of the scenario, others in proportion: 500, 2k/s, 30/min')
    .option('-t, --duration <time>', 'length of the scenario, phases in proportion: 60, 30s, 10m, 8h')
    .option('--set <key=value>', 'any other key: arms.traffic.close=reset (repeatable)', collect)
    .option('-U, --proxy-user <user:password>', 'Basic: credentials for the proxy; also env:NAME, @file');
  return addTicketOptions(command);
}

export function registerRun(program: Command, context: Context): void {
  const command = program
    .command('run')
    .summary('run a scenario and keep its results')
    .description('Runs a named scenario, or one from a file, and keeps its results in a folder of their own.')
    .argument('<scenario>', 'name ("rushhour scenarios" lists them) or path of a YAML file');
  addSharedRunOptions(addOverrideOptions(command))
    .addHelpText(
      'after',
      `
Examples:
  rushhour run quickstart
  rushhour run steady --proxy proxy.example:3128 --target http://www.example.org/ --label "timer 1 s"
  rushhour run steady --proxy 10.0.0.5:3128 --target http://10.0.0.9/ --rate 800/s --duration 10m
  rushhour run basic-storm --proxy 10.0.0.5:3128 --target http://10.0.0.9/ -U @users.csv
  rushhour run negotiate-storm --proxy proxy.example:3128 --target http://www.example.org/ --keytab pupils.keytab
  rushhour run ./mine.yaml --set arms.traffic.close=reset --json > summary.json

It ends with the verdict, and percentiles (p50, p90, p99, p99.9) of handshake, first byte and total for each arm. --json prints all
of it as JSON; "rushhour export <run>" writes seconds, arms, stalls and latencies as CSV or JSON lines.
Ctrl-C ends a run gently and keeps its results; a second one ends it at once.`,
    )
    .action(
      context.act(async (nameOrPath: string, options: SharedRunOptions & OverrideOptions) => {
        const [{ loadScenario }, { scenarioDirs }, { driveRun }] = await Promise.all([
          import('../../scenario/load.ts'),
          import('../../scenario/find.ts'),
          import('../drive-run.ts'),
        ]);
        const scenario = await loadScenario(
          nameOrPath,
          scenarioDirs(context.host.cwd),
          readOverrides(options, context.host),
        );
        return driveRun(context, scenario, options);
      }),
    );
}
