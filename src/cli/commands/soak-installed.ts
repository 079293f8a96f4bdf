import { type Command, Option } from 'commander';
import { EnvironmentError, EXIT, type ExitCode, UsageError } from '../../errors.ts';
import type { Machine } from '../../service/machine.ts';
import type { FoundSoak } from '../../service/own-files.ts';
import type { Context } from '../context.ts';
import { requireRoot, rootOption } from '../flags/root-flag.ts';

interface OneSoakFlags {
  readonly root?: string;
}

interface StatusFlags extends OneSoakFlags {
  readonly json?: boolean;
  readonly canResume?: boolean;
}

/** Number of past runs that `status` shows. */
const LAST = 7;

/** Adds `status` and `uninstall`. */
export function registerInstalledSoaks(soak: Command, context: Context): void {
  soak
    .command('status')
    .summary('show installed soaks: next start, last verdicts, what is running')
    .description(
      'Show the installed soaks: the next start, the results of the last runs, and what is running now.',
    )
    .argument('[name]', 'show only this soak')
    .option('--json', 'print it as JSON')
    .addOption(rootOption())
    .addOption(
      new Option('--can-resume', 'exit with 0 if the soak was interrupted and has time left').hideHelp(),
    )
    .addOption(
      new Option('--results <dir>', 'accepted and ignored: the results folder of a soak is known').hideHelp(),
    )
    .addHelpText(
      'after',
      `
Examples:
  rushhour soak status
  rushhour soak status steady --json

Exit codes: 0 all is well; 3 something needs attention: a timer that does not run, a night that failed its criteria or was
cut short; 5 nothing is installed.`,
    )
    .action(context.act((name: string | undefined, flags: StatusFlags) => showStatus(context, name, flags)));
  soak
    .command('uninstall')
    .summary('remove an installed soak but keep its results')
    .description(
      'Stop and remove an installed soak. Keep its results, secrets and user, and print the commands that remove them.',
    )
    .argument('[name]', 'the soak; optional if there is only one')
    .addOption(rootOption())
    .addHelpText('after', '\nExample:\n  rushhour soak uninstall steady')
    .action(context.act((name: string | undefined, flags: OneSoakFlags) => removeSoak(context, name, flags)));
}

async function showStatus(
  { host }: Context,
  name: string | undefined,
  flags: StatusFlags,
): Promise<ExitCode> {
  const [{ createMachine }, { canResume, readSoakStatus }, { formatStatus }] = await Promise.all([
    import('../../service/machine.ts'),
    import('../../service/status.ts'),
    import('../output/format-soaks.ts'),
  ]);
  const machine = createMachine(flags.root);
  const chosen = await choose(machine, name);
  if (flags.canResume === true) {
    const answers = await Promise.all(chosen.map(({ night }) => canResume(night, host.now())));
    return answers.some(Boolean) ? EXIT.ok : EXIT.criteriaFailed;
  }
  const all = await Promise.all(chosen.map((one) => readSoakStatus(machine, one, host.now(), LAST)));
  if (flags.json === true) host.stdout.write(`${JSON.stringify(all, null, 2)}\n`);
  else host.stdout.write(all.map((status) => formatStatus(status, host.stdout.columns)).join('\n'));
  return all.some(({ attention }) => attention.length > 0) ? EXIT.criteriaFailed : EXIT.ok;
}

async function removeSoak(
  { host }: Context,
  name: string | undefined,
  flags: OneSoakFlags,
): Promise<ExitCode> {
  const [{ createMachine }, { findKept, uninstall }] = await Promise.all([
    import('../../service/machine.ts'),
    import('../../service/install.ts'),
  ]);
  const machine = createMachine(flags.root);
  const chosen = await choose(machine, name);
  if (new Set(chosen.map(({ night }) => night.name)).size > 1) {
    throw new UsageError(`several soaks are installed: ${chosen.map(({ night }) => night.name).join(', ')}`, {
      hint: 'choose one: rushhour soak uninstall NAME',
    });
  }
  requireRoot(machine);
  for (const one of chosen) {
    for (const path of uninstall(machine, one)) host.stdout.write(`removed  ${machine.root}${path}\n`);
    for (const { what, command } of findKept(machine, one)) {
      host.stdout.write(`kept     ${what}; to remove it: ${command}\n`);
    }
  }
  return EXIT.ok;
}

/** @throws UsageError if there is no soak with this name, EnvironmentError if none is installed */
async function choose(machine: Machine, name: string | undefined): Promise<FoundSoak[]> {
  const { findInstalled } = await import('../../service/own-files.ts');
  const all = findInstalled(machine.root);
  const chosen = name === undefined ? all : all.filter(({ night }) => night.name === name);
  if (chosen.length > 0) return chosen;
  if (all.length === 0) {
    throw new EnvironmentError('no soaks are installed', {
      hint: 'sudo rushhour soak install steady --at 01:30 --for 5h installs one; --help shows more',
    });
  }
  throw new UsageError(`there is no soak "${name}"`, {
    hint: `there are: ${all.map(({ night }) => night.name).join(', ')}`,
  });
}
