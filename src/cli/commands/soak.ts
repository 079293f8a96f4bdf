import { type Command, InvalidArgumentError, Option } from 'commander';
import { UsageError } from '../../errors.ts';
import { parseAt } from '../../service/schedule.ts';
import { parseSize } from '../../store/filter.ts';
import type { Context } from '../context.ts';
import type { SoakFlags } from '../drive-soak.ts';
import { addOverrideOptions } from '../override-options.ts';
import { addPacOption } from '../pac.ts';
import { addSharedRunOptions } from '../run-options.ts';
import { asValue, parseCount, parseDurationUs } from '../values.ts';
import { registerSoakInstall } from './soak-install.ts';
import { registerInstalledSoaks } from './soak-installed.ts';

/** Windows shorter or longer than this would be seconds or hours by another name. Microseconds. */
const [SHORTEST_WINDOW_US, LONGEST_WINDOW_US] = [5_000_000, 600_000_000];

export function registerSoak(program: Command, context: Context): void {
  const command = program
    .command('soak')
    .summary('run a scenario all night, and lose nothing')
    .description(
      'Runs a scenario for hours in windows: memory and disk stay bounded, and the night goes on after a kill, a reboot, a full disk, a lost network or a proxy that moved. What happened to this machine is kept as an event and never counted as a stall of the firewall.',
    )
    .enablePositionalOptions()
    .argument('<scenario>', 'name ("rushhour scenarios" lists them) or path of a YAML file');
  registerSoakInstall(command, context, addSoakOptions);
  registerInstalledSoaks(command, context);
  addSoakOptions(command)
    .addOption(
      new Option(
        '--once-at <HH:MM>',
        'begin no second night at this local time on the day on which clocks tell it twice: for timers',
      ).argParser(asValue(parseAt)),
    )
    .addHelpText(
      'after',
      `
Examples:
  rushhour soak steady --proxy 10.0.0.5:3128 --target http://10.0.0.9/ --for 5h
  rushhour soak steady --pac http://wpad.example/wpad.dat --target http://www.example.org/ --for 5h
  rushhour soak quickstart --rate 50/s --for 2m --window 10s    on this machine alone, to see how it goes
  rushhour soak steady ... --for 5h --resume                    go on where a kill or a reboot ended it
  rushhour soak install --at 01:30 --for 5h --scenario steady ...   every night, by a timer
  rushhour soak status

Ctrl-C ends the night gently and keeps its results; a second one ends it at once.
Exit codes are those of run.`,
    )
    .action(
      context.act(async (nameOrPath: string, flags: SoakFlags) => {
        if (flags.duration !== undefined) {
          throw new UsageError('a soak lasts as long as --for says, not --duration', {
            hint: `write --for ${flags.duration}`,
          });
        }
        const [{ loadForCommand }, { driveSoak }] = await Promise.all([
          import('../load-scenario.ts'),
          import('../drive-soak.ts'),
        ]);
        const { scenario, origins } = await loadForCommand(context.host, nameOrPath, flags);
        return driveSoak(context, scenario, { ...flags, origins });
      }),
    );
}

/** All flags of a soak; what a timer starts takes the same. */
export function addSoakOptions(command: Command): Command {
  addSharedRunOptions(addPacOption(addOverrideOptions(command)))
    .addOption(
      new Option('--for <time>', 'how long the night is, pauses included, 7 days at most')
        .argParser(parseDurationUs)
        .default(8 * 3_600_000_000, '8h'),
    )
    .addOption(
      new Option('--window <time>', 'what is rolled up into one line: 5s to 10m')
        .argParser(parseWindow)
        .default(60_000_000, '1m'),
    )
    .option('--resume', 'go on with a night of this scenario that was cut short, if its end is ahead')
    .option('--resume-only', 'do that, or nothing where there is none')
    .option('--keep-days <n>', 'remove runs that began longer ago, once the night is over', parseCount)
    .option(
      '--keep-bytes <size>',
      'remove the oldest runs until the rest takes no more: 2GB',
      asValue(parseSize),
    );
  // Another word for --for would leave open which of the two is meant.
  command.options.find(({ long }) => long === '--duration')?.hideHelp();
  return command;
}

function parseWindow(text: string): number {
  const us = parseDurationUs(text);
  if (us >= SHORTEST_WINDOW_US && us <= LONGEST_WINDOW_US && us % 1_000_000 === 0) return us;
  throw new InvalidArgumentError('It must be whole seconds, 5s to 10m.');
}
