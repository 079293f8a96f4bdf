import { type Command, Option } from 'commander';
import type { FixContext } from '../../doctor/fix/fix-machine.ts';
import type { Check } from '../../doctor/types.ts';
import { EXIT, UsageError } from '../../errors.ts';
import type { Chosen } from '../../pac/choose.ts';
import type { Scenario } from '../../scenario/types.ts';
import type { Switch } from '../../scenario/words.ts';
import { redactCommand } from '../command-line.ts';
import type { Context } from '../context.ts';
import { addOverrideOptions, type OverrideOptions } from '../flags/override-options.ts';
import { addPacOption, type PacOptions } from '../flags/pac-options.ts';
import { tcpTimestampsOption } from '../flags/run-options.ts';
import { type Host, wantsColour } from '../host.ts';

interface DoctorOptions extends OverrideOptions, PacOptions {
  readonly tcpTimestamps?: Switch;
  readonly json?: boolean;
  readonly fix?: boolean;
  readonly undo?: boolean;
  readonly yes?: boolean;
  readonly persist?: boolean;
}

export function registerDoctor(program: Command, context: Context): void {
  const command = program
    .command('doctor')
    .description(
      'Check file descriptors, source ports, kernel settings, connection tracking and the clock of this machine. With a scenario, also check what it needs, whether its proxy or target answers, and whether Kerberos issues the tokens it needs.',
    )
    .argument('[scenario]', 'name or path of the scenario to check for');
  addPacOption(addOverrideOptions(command))
    .addOption(tcpTimestampsOption('check for a run that sets net.ipv4.tcp_timestamps this way'))
    .option('--json', 'print facts and checks as JSON; with --fix or --undo, the changes')
    .option('--fix', 'change kernel settings that limit runs (root), after showing them and asking')
    .addOption(new Option('--undo', 'restore the settings that --fix changed').conflicts('fix'))
    .option('--persist', 'with --fix: keep the settings across reboots (/etc/sysctl.d/90-rushhour.conf)')
    .option('--yes', 'with --fix or --undo: do not ask (for scripts)')
    .addHelpText(
      'after',
      `
Examples:
  rushhour doctor
  rushhour doctor steady --proxy proxy.example:3128 --target http://www.example.org/
  rushhour doctor --pac http://wpad.example/wpad.dat --target http://www.example.org/
  rushhour doctor negotiate-storm --proxy proxy.example:3128 --target http://www.example.org/

  sudo rushhour doctor --fix                  widen port range and tables, after asking
  sudo rushhour doctor steady --fix --yes ... change only what that scenario needs, without asking
  sudo rushhour doctor --undo

--fix never changes settings that affect the measurement, such as tcp_timestamps or tcp_tw_reuse.
The exit code is 5 if something would prevent the run, or if a setting could not be changed.`,
    )
    .action(
      context.act(async (nameOrPath: string | undefined, options: DoctorOptions) => {
        const { host, services } = context;
        if (
          (options.persist === true && options.fix !== true) ||
          (options.yes === true && !isChange(options))
        ) {
          throw new UsageError(`--${options.persist === true ? 'persist' : 'yes'} needs --fix`, {
            hint: 'rushhour doctor --help has examples',
          });
        }
        if (options.undo === true) {
          const { undoFix } = await import('../../doctor/fix/undo-fix.ts');
          return undoFix(await fixContext(context, options));
        }
        const [{ judge }, { renderChecks }, { loadToJudge }] = await Promise.all([
          import('../../doctor/judge.ts'),
          import('../../render/checks.ts'),
          import('../flags/load-to-judge.ts'),
        ]);
        const { scenario, pac, failed } = await loadToJudge(host, nameOrPath, options);
        if (options.fix === true) {
          const [{ fixMachine }, { adviseSettings }] = await Promise.all([
            import('../../doctor/fix/fix-machine.ts'),
            import('../../doctor/fix/advise.ts'),
          ]);
          const fixing = await fixContext(context, options);
          const [facts, reach] = await Promise.all([
            services.readHostFacts(),
            scenario === undefined ? [] : services.probeScenario(withProxies(scenario)),
          ]);
          const again = redactCommand(context.args).join(' ');
          const persist = options.persist === true;
          return fixMachine(adviseSettings(facts, scenario, reach), { persist, again }, fixing);
        }
        const [facts, reach, kerberos] = await Promise.all([
          services.readHostFacts(),
          scenario === undefined ? [] : services.probeScenario(withProxies(scenario)),
          scenario === undefined ? [] : services.probeKerberos(withProxies(scenario)),
        ]);
        const checks = [
          ...judge(facts, scenario, reach, kerberos),
          ...failed,
          ...judgePac(pac),
          ...(await clockChanges(host)),
        ];
        if (options.json === true)
          host.stdout.write(`${JSON.stringify({ facts, reach, kerberos, pac, checks }, null, 2)}\n`);
        else {
          const colour = wantsColour(host, host.stdout);
          host.stdout.write(renderChecks(checks, { colour, width: host.stdout.columns }));
        }
        return checks.some(({ level }) => level === 'fail') ? EXIT.environment : EXIT.ok;
      }),
    );
}

/** The arms whose peers are known, because no script failed to name them. */
function withProxies(scenario: Scenario): Scenario {
  return { ...scenario, arms: scenario.arms.filter(({ pac }) => pac === undefined) };
}

function judgePac(pac: readonly Chosen[]): Check[] {
  const checks = pac.flatMap(({ name, inOrder, choices }) =>
    choices.map(({ url, proxies, answer }): Check => {
      const named =
        proxies.length === 1
          ? `proxy ${proxies[0]}`
          : inOrder
            ? `proxies ${proxies.join(', then ')},`
            : `proxies ${proxies.join(' and ')}, in turn,`;
      return { name: 'pac', level: 'ok', what: `${name} names ${named} for ${url}: "${answer}"` };
    }),
  );
  return [...new Map(checks.map((check) => [check.what, check])).values()];
}

function isChange({ fix, undo }: DoctorOptions): boolean {
  return fix === true || undo === true;
}

/** The next clock changes in the zone of this machine, and their effect on installed soaks. */
async function clockChanges(host: Host): Promise<Check[]> {
  const [{ localZone, formatClockChanges }, { findInstalled }] = await Promise.all([
    import('../../service/clock-changes.ts'),
    import('../../service/own-files.ts'),
  ]);
  const zone = localZone();
  const check = (what: string): Check => ({ name: 'clock changes', level: 'ok', what });
  const plain = formatClockChanges(zone, host.now());
  const ofNights = findInstalled('').flatMap(({ night }) =>
    formatClockChanges(zone, host.now(), night)
      .filter((line) => !plain.includes(line))
      .map((line) => `soak ${night.name}: ${line}`),
  );
  return [...plain, ...ofNights].map(check);
}

async function fixContext({ host }: Context, { yes, json }: DoctorOptions): Promise<FixContext> {
  const [{ createFixDialogue }, { openKernel }, { stateFile }, { PERSISTENT }] = await Promise.all([
    import('../output/fix-dialogue.ts'),
    import('../../doctor/fix/kernel.ts'),
    import('../../doctor/fix/state.ts'),
    import('../../doctor/fix/persist.ts'),
  ]);
  return {
    dialogue: createFixDialogue(host, json === true),
    now: host.now,
    kernel: openKernel(),
    isRoot: process.getuid?.() === 0,
    stateFile: stateFile(host.env),
    paths: PERSISTENT,
    yes: yes === true,
  };
}
