import type { Command } from 'commander';
import { EXIT } from '../../../errors.ts';
import type { Context } from '../../context.ts';
import { collect } from '../../flags/values.ts';
import { describeLab } from './describe.ts';
import { withSignals } from './signals.ts';

interface UpFlags {
  readonly set?: string[];
  readonly farEnd?: string;
}

export function registerUp(lab: Command, context: Context): void {
  lab
    .command('up')
    .description('Build a lab that stays until "lab down".')
    .argument('<preset>', 'name, name:value or name:key=value,...; several with + between')
    .option('--set <key=value>', 'a parameter of the preset (repeatable)', collect)
    .option('--far-end <command>', 'shell command to run on the far side instead of the embedded far ends')
    .addHelpText(
      'after',
      `
Examples:
  rushhour lab up timewait-1s
  rushhour lab up timewait-1s:t=5s,ports=2000
  rushhour lab up healthy --far-end 'squid -N -f /etc/squid/squid.conf'`,
    )
    .action(
      context.act(async (argument: string, { set, farEnd }: UpFlags) => {
        const { bringUp, readPreset, removeLab } = await import('../../../lab/index.ts');
        const preset = readPreset(argument, set);
        return withSignals(context, async ({ interrupted }) => {
          const file = await bringUp(preset, { lifetime: 'stay', farEndCommand: farEnd });
          if (interrupted()) {
            await removeLab(file);
            return EXIT.interrupted;
          }
          const { id } = file.state;
          context.host.stdout.write(
            `${describeLab(file.state)}\n  rushhour lab exec --lab ${id} -- COMMAND\n  rushhour lab down --lab ${id}\n`,
          );
          return EXIT.ok;
        });
      }),
    );
}
