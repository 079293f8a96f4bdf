import { type Command, Option } from 'commander';
import { UsageError } from '../../errors.ts';
import { parseSize } from '../../read/filter.ts';
import { parseAt } from '../../service/schedule.ts';
import type { Context } from '../context.ts';
import type { SoakFlags } from '../drive-soak.ts';
import { addBesideOptions } from '../flags/beside-options.ts';
import { addOverrideOptions } from '../flags/override-options.ts';
import { addPacOption } from '../flags/pac-options.ts';
import { addSharedRunOptions } from '../flags/run-options.ts';
import { asValue, parseCount, parseDurationUs } from '../flags/values.ts';
import { parseWindow } from '../flags/window.ts';
import { registerSoakInstall } from './soak-install.ts';
import { registerInstalledSoaks } from './soak-installed.ts';

export function registerSoak(program: Command, context: Context): void {
  const command = program
    .command('soak')
    .description(
      'Run a scenario for hours in windows: memory and disk use stay bounded, and the soak survives a kill, a reboot, a full disk, a lost network or a proxy whose address changes. It records incidents on this machine as events and never counts them as stalls.',
    )
    .enablePositionalOptions()
    .argument('<scenario>', 'name ("rushhour scenarios" lists them) or path of a YAML file');
  registerSoakInstall(command, context, addSoakOptions);
  registerInstalledSoaks(command, context);
  addSoakOptions(command)
    .addOption(
      new Option(
        '--once-at <HH:MM>',
        'for timers: start only once on the day on which this local time occurs twice',
      ).argParser(asValue(parseAt)),
    )
    .addHelpText(
      'after',
      `
Examples:
  rushhour soak steady --proxy 10.0.0.5:3128 --target http://10.0.0.9/ --for 5h
  rushhour soak steady --pac http://wpad.example/wpad.dat --target http://www.example.org/ --for 5h
  rushhour soak quickstart --rate 50/s --for 2m --window 10s    on this machine only, to try it out
  rushhour soak steady ... --for 5h --resume                    resume after a kill or a reboot
  rushhour soak install --at 01:30 --for 5h --scenario steady ...   every night, by a timer
  rushhour soak status

Ctrl-C lets attempts in progress finish and keeps the results; a second Ctrl-C ends the soak at once.
Exit codes are those of run.`,
    )
    .action(
      context.act(async (nameOrPath: string, flags: SoakFlags) => {
        if (flags.duration !== undefined) {
          throw new UsageError('--for sets the length of a soak, not --duration', {
            hint: `write --for ${flags.duration}`,
          });
        }
        const [{ loadForCommand }, { driveSoak }] = await Promise.all([
          import('../flags/load-scenario.ts'),
          import('../drive-soak.ts'),
        ]);
        const { scenario, origins } = await loadForCommand(context.host, nameOrPath, flags);
        return driveSoak(context, scenario, { ...flags, origins });
      }),
    );
}

/** All flags of a soak, also for one started by a timer. */
export function addSoakOptions(command: Command): Command {
  addBesideOptions(addSharedRunOptions(addPacOption(addOverrideOptions(command))))
    .addOption(
      new Option('--for <time>', 'length of the soak, including pauses; at most 7 days')
        .argParser(parseDurationUs)
        .default(8 * 3_600_000_000, '8h'),
    )
    .addOption(
      new Option('--window <time>', 'time span summed up in one line: 5s to 10m')
        .argParser(parseWindow)
        .default(60_000_000, '1m'),
    )
    .option('--resume', 'resume an interrupted soak of this scenario if its planned end is still ahead')
    .option('--resume-only', 'resume, or exit at once if there is nothing to resume')
    .option('--keep-days <n>', 'after the soak, remove runs older than n days', parseCount)
    .option(
      '--keep-bytes <size>',
      'after the soak, remove the oldest runs until the rest takes at most this: 2GB',
      asValue(parseSize),
    );
  // A second flag for --for would be ambiguous.
  command.options.find(({ long }) => long === '--duration')?.hideHelp();
  return command;
}
