import { existsSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { EnvironmentError, EXIT, type ExitCode, UsageError } from '../../errors.ts';
import type { Scenario } from '../../scenario/types.ts';
import type { Installation } from '../../service/installation.ts';
import type { Machine } from '../../service/machine.ts';
import type { InstalledNight } from '../../service/own-files.ts';
import type { Context } from '../context.ts';
import type { Host } from '../host.ts';
import type { InstallFlags, PlannedNight } from '../plan-night.ts';
import { type TypedFlag, watchFlags } from '../typed-flags.ts';

interface OneNightFlags {
  readonly root?: string;
}

interface StatusFlags extends OneNightFlags {
  readonly json?: boolean;
  readonly canResume?: boolean;
}

/** Nights that `status` tells of. */
const LAST = 7;

/**
 * Adds `install`, `status` and `uninstall`.
 * @param addFlags adds all flags of a soak, which `install` passes on
 */
export function registerSoakService(
  soak: Command,
  context: Context,
  addFlags: (command: Command) => Command,
): void {
  registerInstall(soak, context, addFlags);
  soak
    .command('status')
    .summary('installed nights: next start, last verdicts, what runs now')
    .description(
      'Shows the nights that are installed: when they begin next, how the last ones went, what runs now.',
    )
    .argument('[name]', 'of this night alone')
    .option('--json', 'print it as JSON')
    .addOption(rootOption())
    .addOption(
      new Option('--can-resume', 'exit code 0 where the night was cut short and has time left').hideHelp(),
    )
    .addOption(
      new Option('--results <dir>', 'taken and left alone: where a night keeps them is known').hideHelp(),
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
    .summary('remove a night that was installed; results stay')
    .description('Stops and removes a night that was installed. Its results and its user stay.')
    .argument('[name]', 'which; may be left out where there is one')
    .addOption(rootOption())
    .addHelpText('after', '\nExample:\n  rushhour soak uninstall steady')
    .action(
      context.act((name: string | undefined, flags: OneNightFlags) => removeNight(context, name, flags)),
    );
}

function registerInstall(soak: Command, context: Context, addFlags: (command: Command) => Command): void {
  const command = soak
    .command('install')
    .summary('run a soak every night, by a timer of systemd or by cron')
    .description(
      'Installs a soak that begins at the same time every night, as a user of its own that may do little. All flags of a soak are passed on.',
    )
    .argument('[scenario]', 'name or path of a YAML file; or --scenario');
  addFlags(
    command
      .requiredOption('--at <HH:MM>', 'when it begins, local time')
      .option('--on <days>', 'on these days alone: Mon..Fri, Sat,Sun (default: every day)')
      .option('--scenario <scenario>', 'which scenario, as the argument')
      .option('--name <name>', 'of this night, to tell it from others (default: the scenario’s)')
      .option('--user <name>', 'who runs it, made if missing (default: rushhour)')
      .option('--print', 'show every file and command, and change nothing')
      .option('--cron', 'write lines for cron, though there is systemd')
      .addOption(rootOption()),
  ).addHelpText(
    'after',
    `
Examples:
  rushhour soak install steady --at 01:30 --on Mon..Fri --for 5h --proxy ... --target ... --print
  sudo rushhour soak install steady --at 01:30 --for 5h --proxy 10.0.0.5:3128 --target http://10.0.0.9/
  sudo rushhour soak install basic-storm --at 22:00 --for 2h -U @/etc/rushhour/users.csv --proxy ... --target ...

Results go to /var/lib/rushhour/results. docs/nightly.md has the rest.`,
  );
  const typed = watchFlags(command);
  command.action(
    context.act((nameOrPath: string | undefined, flags: InstallFlags) =>
      installNight(context, nameOrPath, flags, typed),
    ),
  );
}

function rootOption(): Option {
  return new Option(
    '--root <dir>',
    'of the files below this folder, such as an image; nothing is started',
  ).hideHelp();
}

async function installNight(
  { host }: Context,
  argument: string | undefined,
  flags: InstallFlags,
  typed: readonly TypedFlag[],
): Promise<ExitCode> {
  const nameOrPath = argument ?? flags.scenario;
  if (nameOrPath === undefined) {
    throw new UsageError('nothing says which scenario', { hint: 'rushhour scenarios lists them' });
  }
  const [
    { planNight },
    { createMachine },
    { planInstallation },
    { locateProgram },
    { isLibcAvailable },
    acts,
  ] = await Promise.all([
    import('../plan-night.ts'),
    import('../../service/machine.ts'),
    import('../../service/installation.ts'),
    import('../../service/program.ts'),
    import('../../engine/libc/load.ts'),
    import('../../service/install.ts'),
  ]);
  const machine = createMachine(flags.root);
  const by = flags.cron === true || !(machine.hasSystemd || flags.print === true) ? 'cron' : 'systemd';
  const facts = { program: locateProgram(), notifies: isLibcAvailable(), by } as const;
  const planned = await planNight(host, nameOrPath, flags, typed, facts);
  const { night } = planned.plan;
  const allowed = await permit(host, planned.scenario, flags);
  const plan = allowed ? planned.plan : withPermission(planned.plan);
  const existing = { user: machine.hasUser(night.user), results: existsSync(machine.root + night.results) };
  const installation = planInstallation(plan, by, existing);
  for (const note of await notesOn(machine, planned)) host.stderr.write(`rushhour: ${note}\n`);
  if (flags.print === true) {
    host.stdout.write(printed(installation));
    return EXIT.ok;
  }
  requireRoot(machine);
  requireAccess(machine, planned, existing.results);
  const { files } = acts.install(machine, installation);
  for (const { path, change } of files) host.stdout.write(`${change.padEnd(9)}  ${machine.root}${path}\n`);
  host.stdout.write(await wordNext(host, { night, by }));
  return EXIT.ok;
}

/** @returns false where the night has to be told that public hosts are permitted */
async function permit(host: Host, scenario: Scenario, flags: InstallFlags): Promise<boolean> {
  if (scenario.farEnd === 'embedded') return true;
  const [{ resolveArms }, { outlineArm }, { findPublicHosts }] = await Promise.all([
    import('../../run/resolve.ts'),
    import('../../run/outline.ts'),
    import('../../run/safety.ts'),
  ]);
  const hosts = findPublicHosts(scenario, (await resolveArms(scenario)).map(outlineArm));
  const isFlagged = flags.iAmAllowedToTestThis === true;
  if (hosts.length === 0 || isFlagged) return true;
  const { requirePermission } = await import('../allowed-hosts.ts');
  requirePermission(hosts, false, host);
  return false;
}

function withPermission(plan: PlannedNight['plan']): PlannedNight['plan'] {
  return { ...plan, words: [...plan.words, { kind: 'text', text: '--i-am-allowed-to-test-this' }] };
}

async function notesOn(machine: Machine, { plan, scenario }: PlannedNight): Promise<string[]> {
  const [{ findOverlaps }, { usesTicketCache }, { environmentFile }] = await Promise.all([
    import('../../service/install.ts'),
    import('../../service/needs.ts'),
    import('../../service/night.ts'),
  ]);
  const { night, needs } = plan;
  const overlaps = findOverlaps(machine.root, night).map(
    ({ name, at }) =>
      `${night.name} and ${name} (${at}) would run at once: the later cannot begin, as runs never overlap`,
  );
  const variables =
    needs.variables.length === 0
      ? []
      : [
          `the night reads ${needs.variables.join(', ')} from ${environmentFile(night)}: write NAME=value into it (sudo install -m 600 /dev/null ${environmentFile(night)})`,
        ];
  const tickets = usesTicketCache(scenario)
    ? [`${night.user} has no ticket cache: give it a keytab with --keytab`]
    : [];
  return [...overlaps, ...variables, ...tickets];
}

function printed({ before, files, after }: Installation): string {
  const command = (words: readonly string[]): string => `# ${words.join(' ')}\n`;
  const file = ({ path, text, mode }: Installation['files'][number]): string =>
    `\n# --- ${path} (${mode.toString(8)})\n${text}\n`;
  return [...before.map(command), ...files.map(file), ...after.map(command)].join('');
}

function requireRoot(machine: Machine): void {
  if (machine.isRoot || machine.root !== '') return;
  throw new EnvironmentError('only root may install a night', {
    hint: 'do it with sudo, or look at it first with --print',
  });
}

/** @throws EnvironmentError where the night's user, or everybody where it is yet to be made, may not read what it needs */
function requireAccess(machine: Machine, { plan, reads }: PlannedNight, hasResults: boolean): void {
  const { user, results } = plan.night;
  const forbidden = machine.findForbidden(user, reads, hasResults ? [results] : []) ?? [];
  if (forbidden.length === 0) return;
  throw new EnvironmentError(`${user}, who runs the night, may not use ${forbidden.join(', ')}`, {
    hint: `let it: chmod a+rX for the program, chgrp ${user} and chmod 640 for secrets, chown ${user} for results`,
  });
}

async function wordNext(host: Host, { night, by }: InstalledNight): Promise<string> {
  const { nextStart } = await import('../../service/schedule.ts');
  const log =
    by === 'systemd' ? `journalctl -u rushhour-${night.name}` : `less ${night.results}/${night.name}.log`;
  return `begins next at ${nextStart(night, host.now()).toString()}
  rushhour soak status ${night.name}
  ${log}
  sudo rushhour soak uninstall ${night.name}
`;
}

async function showStatus(
  { host }: Context,
  name: string | undefined,
  flags: StatusFlags,
): Promise<ExitCode> {
  const [{ createMachine }, { canResume, readNightStatus }, { wordStatus }] = await Promise.all([
    import('../../service/machine.ts'),
    import('../../service/status.ts'),
    import('../word-nights.ts'),
  ]);
  const machine = createMachine(flags.root);
  const chosen = await choose(machine, name);
  if (flags.canResume === true) {
    const answers = await Promise.all(chosen.map(({ night }) => canResume(night, host.now())));
    return answers.some(Boolean) ? EXIT.ok : EXIT.criteriaFailed;
  }
  const all = await Promise.all(chosen.map((one) => readNightStatus(machine, one, host.now(), LAST)));
  if (flags.json === true) host.stdout.write(`${JSON.stringify(all, null, 2)}\n`);
  else host.stdout.write(all.map((status) => wordStatus(status, host.stdout.columns)).join('\n'));
  return all.some(({ attention }) => attention.length > 0) ? EXIT.criteriaFailed : EXIT.ok;
}

async function removeNight(
  { host }: Context,
  name: string | undefined,
  flags: OneNightFlags,
): Promise<ExitCode> {
  const [{ createMachine }, { uninstall }] = await Promise.all([
    import('../../service/machine.ts'),
    import('../../service/install.ts'),
  ]);
  const machine = createMachine(flags.root);
  const chosen = await choose(machine, name);
  if (new Set(chosen.map(({ night }) => night.name)).size > 1) {
    throw new UsageError(`there are several: ${chosen.map(({ night }) => night.name).join(', ')}`, {
      hint: 'say which: rushhour soak uninstall NAME',
    });
  }
  requireRoot(machine);
  for (const one of chosen) {
    for (const path of uninstall(machine, one)) host.stdout.write(`removed  ${machine.root}${path}\n`);
    host.stdout.write(`kept     ${one.night.results}\n`);
  }
  return EXIT.ok;
}

/** @throws UsageError, EnvironmentError where there is none */
async function choose(machine: Machine, name: string | undefined): Promise<InstalledNight[]> {
  const { findInstalled } = await import('../../service/own-files.ts');
  const all = findInstalled(machine.root);
  const chosen = name === undefined ? all : all.filter(({ night }) => night.name === name);
  if (chosen.length > 0) return chosen;
  if (all.length === 0) {
    throw new EnvironmentError('no nights are installed', {
      hint: 'sudo rushhour soak install steady --at 01:30 --for 5h installs one; --help shows more',
    });
  }
  throw new UsageError(`there is no night "${name}"`, {
    hint: `there are: ${all.map(({ night }) => night.name).join(', ')}`,
  });
}
