import { type Command, Option } from 'commander';
import type { Context } from '../context.ts';
import { addBesideOptions, type BesideOptions } from '../flags/beside-options.ts';
import { addOverrideOptions, type OverrideOptions } from '../flags/override-options.ts';
import { addPacOption, type PacOptions } from '../flags/pac-options.ts';
import { addLookOptions, addSharedRunOptions, type SharedRunOptions } from '../flags/run-options.ts';

interface RunCommandFlags extends SharedRunOptions, OverrideOptions, PacOptions, BesideOptions {
  readonly resume?: boolean;
  readonly markdown?: boolean;
}

export function registerRun(program: Command, context: Context): void {
  const command = program
    .command('run')
    .description('Run a built-in scenario, or one from a file, and record its results in a new folder.')
    .argument('<scenario>', 'name ("rushhour scenarios" lists them) or path of a YAML file');
  addBesideOptions(addLookOptions(addSharedRunOptions(addPacOption(addOverrideOptions(command)))))
    .addOption(
      new Option(
        '--markdown',
        'print the diagnosis for a ticket, as Markdown, and nothing else on stdout',
      ).conflicts('json'),
    )
    .option('--resume', 'resume a killed run of this scenario, up to its planned end')
    .addHelpText(
      'after',
      `
Examples:
  rushhour run quickstart
  rushhour run diagnose --proxy proxy.example:3128 --target http://www.example.org/    why do connections stall?
  rushhour run diagnose --target tcp://10.0.0.9:443 --rate 100/s --duration 5m --set adaptive.otherPort=22
  rushhour run steady --proxy proxy.example:3128 --target http://www.example.org/ --label "timer 1 s"
  rushhour run steady --proxy 10.0.0.5:3128 --target http://10.0.0.9/ --rate 50/s --duration 2m
  rushhour run steady --pac http://wpad.example/wpad.dat --target http://www.example.org/ --rate 50/s
  rushhour run basic-storm --proxy 10.0.0.5:3128 --target http://10.0.0.9/ -U @users.csv
  rushhour run negotiate-storm --proxy proxy.example:3128 --target http://www.example.org/ --keytab pupils.keytab
  rushhour run steady --proxy 10.0.0.5:3128 --target http://10.0.0.9/ --firewall-before 'ssh fw show'
  rushhour run ./mine.yaml --set arms.traffic.close=reset --json > summary.json
  rushhour run diagnose --proxy 10.0.0.5:3128 --target http://10.0.0.9/ --markdown > ticket.md
  rushhour run steady --proxy 10.0.0.5:3128 --target http://10.0.0.9/ --resume    resume after a kill or a crash

A run ends with a verdict and the percentiles (p50, p90, p99, p99.9) of handshake, first byte and total for each arm. --json
prints all of it as JSON; "rushhour export <run>" writes seconds, arms, stalls and latencies as CSV or JSON lines.
Ctrl-C lets attempts in progress finish and keeps the results; a second Ctrl-C ends the run at once.`,
    )
    .action(
      context.act(async (nameOrPath: string, options: RunCommandFlags) => {
        const [{ loadForCommand }, { driveRun }] = await Promise.all([
          import('../flags/load-scenario.ts'),
          import('../drive-run.ts'),
        ]);
        const { scenario, origins } = await loadForCommand(context.host, nameOrPath, options);
        // Before the run: by its end, an upgrade may have replaced the files.
        const instead =
          options.markdown === true ? (await import('../diagnose-finished.ts')).sayInMarkdown : undefined;
        const flags = { ...options, origins };
        if (scenario.adaptive !== undefined) {
          const { driveInquiry } = await import('../drive-inquiry.ts');
          return driveInquiry(context, scenario, flags, instead);
        }
        const start = context.services.startSession;
        return driveRun(context, scenario, flags, { start, ...(instead === undefined ? {} : { instead }) });
      }),
    );
}
