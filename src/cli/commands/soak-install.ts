import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { EnvironmentError, EXIT, type ExitCode, UsageError } from '../../errors.ts';
import type { Scenario } from '../../scenario/types.ts';
import type { Installation } from '../../service/installation.ts';
import type { Machine } from '../../service/machine.ts';
import type { FoundSoak } from '../../service/own-files.ts';
import type { ResolvedInstall } from '../../service/resolve-install.ts';
import type { Context } from '../context.ts';
import type { InstallFlags } from '../flags/install-flags.ts';
import { requireRoot, rootOption } from '../flags/root-flag.ts';
import { type TypedFlag, watchFlags } from '../flags/typed-flags.ts';
import type { Host } from '../host.ts';

/**
 * Adds `install`.
 * @param addFlags adds all flags of a soak, which it passes on
 */
export function registerSoakInstall(
  soak: Command,
  context: Context,
  addFlags: (command: Command) => Command,
): void {
  const command = soak
    .command('install')
    .summary('run a soak every night, with a systemd timer or with cron')
    .description(
      'Install a soak that starts at the same time every night, as a dedicated unprivileged user. Accepts all flags of soak.',
    )
    .argument('[scenario]', 'name or path of a YAML file; or --scenario');
  addFlags(
    command
      .requiredOption('--at <HH:MM>', 'start time, local')
      .option('--on <days>', 'only on these days: Mon..Fri, Sat,Sun (default: every day)')
      .option('--scenario <scenario>', 'the same as the argument')
      .option('--name <name>', 'name of this soak, to distinguish several (default: the scenario’s name)')
      .option('--user <name>', 'user to run as, created if missing (default: rushhour)')
      .option('--print', 'show every file and command, and change nothing; --dry-run is the same')
      .option('--cron', 'use cron even if systemd is available')
      .addOption(rootOption()),
  ).addHelpText(
    'after',
    `
Examples:
  rushhour soak install steady --at 01:30 --on Mon..Fri --for 5h --proxy ... --target ... --print
  sudo rushhour soak install steady --at 01:30 --for 5h --proxy 10.0.0.5:3128 --target http://10.0.0.9/
  sudo rushhour soak install basic-storm --at 22:00 --for 2h -U @/etc/rushhour/users.csv --proxy ... --target ...

Results go to /var/lib/rushhour/results. See docs/nightly.md for the rest.`,
  );
  const typed = watchFlags(command);
  command.action(
    context.act((nameOrPath: string | undefined, flags: InstallFlags) =>
      installSoak(context, nameOrPath, flags, typed),
    ),
  );
}

async function installSoak(
  { host }: Context,
  argument: string | undefined,
  flags: InstallFlags,
  typed: readonly TypedFlag[],
): Promise<ExitCode> {
  const nameOrPath = argument ?? flags.scenario;
  if (nameOrPath === undefined) {
    throw new UsageError('no scenario was given', { hint: 'rushhour scenarios lists them' });
  }
  const [
    { readInstallFlags },
    { resolveInstall },
    { createMachine },
    { planInstallation },
    { locateProgram },
    { isLibcAvailable },
    acts,
  ] = await Promise.all([
    import('../flags/install-flags.ts'),
    import('../../service/resolve-install.ts'),
    import('../../service/machine.ts'),
    import('../../service/installation.ts'),
    import('../../service/program.ts'),
    import('../../net/load.ts'),
    import('../../service/install.ts'),
  ]);
  const machine = createMachine(flags.root);
  // Either of the two: --dry-run is a flag of every soak.
  const isShown = flags.print === true || flags.dryRun === true;
  const by = flags.cron === true || !(machine.hasSystemd || isShown) ? 'cron' : 'systemd';
  const facts = { program: locateProgram(), notifies: isLibcAvailable(), by } as const;
  const planned = await resolveInstall(host, readInstallFlags(host, nameOrPath, flags, typed), facts);
  const { night } = planned.plan;
  const allowed = await permit(host, planned.scenario, flags);
  const clocks = await import('../../service/clock-changes.ts');
  const zone = clocks.localZone();
  const gaps = clocks.beginningsAfterGaps(night, zone, host.now());
  const plan = { ...(allowed ? planned.plan : withPermission(planned.plan)), gaps };
  const existing = { user: machine.hasUser(night.user), results: existsSync(machine.root + night.results) };
  const installation = planInstallation(plan, by, existing);
  for (const note of await notesOn(machine, planned)) host.stderr.write(`rushhour: ${note}\n`);
  if (isShown) {
    host.stdout.write(printed(installation));
    for (const line of clocks.formatClockChanges(zone, host.now(), night)) host.stdout.write(`# ${line}\n`);
    return EXIT.ok;
  }
  requireRoot(machine);
  requireAccess(machine, planned, existing.results);
  const { files } = acts.install(machine, installation);
  for (const { path, change } of files) host.stdout.write(`${change.padEnd(9)}  ${machine.root}${path}\n`);
  host.stdout.write(await formatNext(host, { night, by }));
  return EXIT.ok;
}

/** @returns false if the soak's command line needs the permission for public hosts */
async function permit(host: Host, scenario: Scenario, flags: InstallFlags): Promise<boolean> {
  if (scenario.farEnd === 'embedded') return true;
  const [{ resolveArms }, { outlineArm }, { findPublicHosts }] = await Promise.all([
    import('../../session/load/resolve.ts'),
    import('../../session/load/outline.ts'),
    import('../../session/load/safety.ts'),
  ]);
  const hosts = findPublicHosts(scenario, (await resolveArms(scenario)).map(outlineArm));
  const isFlagged = flags.iAmAllowedToTestThis === true;
  if (hosts.length === 0 || isFlagged) return true;
  const { requirePermission } = await import('../allowed-hosts.ts');
  requirePermission(hosts, false, host);
  return false;
}

function withPermission(plan: ResolvedInstall['plan']): ResolvedInstall['plan'] {
  return { ...plan, words: [...plan.words, { kind: 'text', text: '--i-am-allowed-to-test-this' }] };
}

async function notesOn(machine: Machine, { plan, scenario }: ResolvedInstall): Promise<string[]> {
  const [{ findOverlaps }, { usesTicketCache }, { environmentFile }] = await Promise.all([
    import('../../service/install.ts'),
    import('../../service/needs.ts'),
    import('../../service/installed-soak.ts'),
  ]);
  const { night, needs } = plan;
  const overlaps = findOverlaps(machine.root, night).map(
    ({ name, at }) =>
      `${night.name} and ${name} (${at}) would overlap: the later one cannot start, because runs never overlap`,
  );
  const variables =
    needs.variables.length === 0
      ? []
      : [
          `the soak reads ${needs.variables.join(', ')} from ${environmentFile(night)}: write NAME=value into it (sudo install -m 600 /dev/null ${environmentFile(night)})`,
        ];
  const tickets = usesTicketCache(scenario)
    ? [`${night.user} has no ticket cache: give it a keytab with --keytab`]
    : [];
  return [...overlaps, ...variables, ...tickets];
}

function printed({ before, files, after }: Installation): string {
  const command = (words: readonly string[]): string => `# ${words.join(' ')}\n`;
  const file = ({ path, text, mode, isSecret }: Installation['files'][number]): string =>
    `\n# --- ${path} (${mode.toString(8)})\n${isSecret === true ? '# contains secrets, not shown here' : text}\n`;
  return [...before.map(command), ...files.map(file), ...after.map(command)].join('');
}

/**
 * @throws EnvironmentError if the soak's user may not read what it needs; if that user does not exist yet, if not
 * everybody may
 */
function requireAccess(machine: Machine, { plan, reads }: ResolvedInstall, hasResults: boolean): void {
  const { user, results } = plan.night;
  const forbidden = machine.findForbidden(user, reads, hasResults ? [results] : []) ?? [];
  if (forbidden.length === 0) return;
  throw new EnvironmentError(`the soak runs as ${user}, who has no access to ${forbidden.join(', ')}`, {
    hint: `grant it: chmod a+rX for the program, chgrp ${user} and chmod 640 for secrets, chown ${user} for results`,
  });
}

async function formatNext(host: Host, { night, by }: FoundSoak): Promise<string> {
  const { nextStart } = await import('../../service/schedule.ts');
  const log =
    by === 'systemd' ? `journalctl -u rushhour-${night.name}` : `less ${night.results}/${night.name}.log`;
  const { localZone, formatClockChanges } = await import('../../service/clock-changes.ts');
  const clocks = formatClockChanges(localZone(), host.now(), night).map((line) => `  ${line}\n`);
  return `begins next at ${nextStart(night, host.now()).toString()}
${clocks.join('')}  rushhour soak status ${night.name}
  ${log}
  sudo rushhour soak uninstall ${night.name}
`;
}
