import type { Command } from 'commander';
import { EXIT } from '../../../errors.ts';
import { locateBuilt } from '../../../places.ts';
import type { Context } from '../../context.ts';
import { withSignals } from './signals.ts';

export function registerRun(lab: Command, context: Context): void {
  lab
    .command('run')
    .description(
      'Build a lab, run a scenario in it from the client side, remove the lab, and exit with the exit code of the run. A run that captures packets captures the far side as well, and joins both at its end.',
    )
    .argument('<preset>', 'name, name:value or name:key=value,...; several with + between')
    .argument('<scenario>', 'name or path of a scenario')
    .argument(
      '[flags...]',
      'flags of "rushhour run"; {proxy2}, {closed}, {clients} and other placeholders are replaced',
    )
    .passThroughOptions()
    .addHelpText(
      'after',
      `
Examples:
  rushhour lab run timewait-1s steady --rate 200/s --duration 1m
  rushhour lab run timewait-1s nat-recycle --duration 20s     then: rushhour evidence RUN
  rushhour lab run small-nat-pool:150+random-loss:2% port-exhaustion
  rushhour lab run pre-answered closed-port --target tcp://{closed}`,
    )
    .action(
      context.act(async (argument: string, scenario: string, flags: string[]) => {
        const [{ bringUp, fillFacts, readPreset, removeLab, runInLab }, { chooseEndpoints }] =
          await Promise.all([import('../../../lab/index.ts'), import('../../flags/lab-endpoints.ts')]);
        const preset = readPreset(argument);
        const args = fillFacts(flags, preset.clients);
        const endpoints = await chooseEndpoints(scenario, args, context.host.cwd, preset.natPorts);
        for (const [name, values] of Object.entries(endpoints))
          for (const value of [values].flat()) args.push(`--${name}`, value);
        return withSignals(context, async ({ interrupted, follow }) => {
          const file = await bringUp(preset, { lifetime: 'with-owner' });
          try {
            if (interrupted()) return EXIT.interrupted;
            return await follow(runInLab(file, [process.execPath, MAIN, 'run', scenario, ...args]));
          } finally {
            await removeLab(file);
          }
        });
      }),
    );
}

const MAIN = locateBuilt('cli/main.js');
