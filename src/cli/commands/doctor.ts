import type { Command } from 'commander';
import { EXIT } from '../../errors.ts';
import type { Switch } from '../../scenario/words.ts';
import type { Context } from '../context.ts';
import { wantsColour } from '../host.ts';
import { tcpTimestampsOption } from '../run-options.ts';
import { addOverrideOptions, type OverrideOptions, readOverrides } from './run.ts';

interface DoctorOptions extends OverrideOptions {
  readonly tcpTimestamps?: Switch;
  readonly json?: boolean;
}

export function registerDoctor(program: Command, context: Context): void {
  const command = program
    .command('doctor')
    .summary('is this machine fit for a run?')
    .description(
      'Looks at descriptors, source ports, kernel settings, connection tracking and the clock of this machine; with a scenario, at what it needs, whether its proxy or target answers, and whether Kerberos gives the tokens that it needs.',
    )
    .argument('[scenario]', 'name or path of the scenario to judge for');
  addOverrideOptions(command)
    .addOption(tcpTimestampsOption('judge for a run that sets net.ipv4.tcp_timestamps so'))
    .option('--json', 'print facts and checks as JSON')
    .addHelpText(
      'after',
      `
Examples:
  rushhour doctor
  rushhour doctor steady --proxy proxy.example:3128 --target http://www.example.org/
  rushhour doctor negotiate-storm --proxy proxy.example:3128 --target http://www.example.org/

Exit code 5 where something would keep the run from being done.`,
    )
    .action(
      context.act(async (nameOrPath: string | undefined, options: DoctorOptions) => {
        const { host, services } = context;
        const [{ judge }, { renderChecks }, { loadScenario }, { scenarioDirs }] = await Promise.all([
          import('../../doctor/judge.ts'),
          import('../../render/checks.ts'),
          import('../../scenario/load.ts'),
          import('../../scenario/find.ts'),
        ]);
        const scenario =
          nameOrPath === undefined
            ? undefined
            : await loadScenario(nameOrPath, scenarioDirs(host.cwd), readOverrides(options, host));
        const [facts, reach, kerberos] = await Promise.all([
          services.gatherHostFacts(),
          scenario === undefined ? [] : services.probeScenario(scenario),
          scenario === undefined ? [] : services.probeKerberos(scenario),
        ]);
        const checks = judge(facts, scenario, reach, kerberos);
        if (options.json === true)
          host.stdout.write(`${JSON.stringify({ facts, reach, kerberos, checks }, null, 2)}\n`);
        else {
          const colour = wantsColour(host, host.stdout);
          host.stdout.write(renderChecks(checks, { colour, width: host.stdout.columns }));
        }
        return checks.some(({ level }) => level === 'fail') ? EXIT.environment : EXIT.ok;
      }),
    );
}
