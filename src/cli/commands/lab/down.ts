import type { Command } from 'commander';
import { EXIT, UsageError } from '../../../errors.ts';
import type { Context } from '../../context.ts';

interface DownFlags {
  readonly lab?: string;
  readonly all?: boolean;
}

export function registerDown(lab: Command, context: Context): void {
  lab
    .command('down')
    .description('Remove a lab and anything left behind by labs of dead processes.')
    .option('--lab <id>', 'the lab (default: the newest)')
    .option('--all', 'remove every lab that no running process owns')
    .addHelpText('after', '\nExample:\n  rushhour lab down')
    .action(
      context.act(async ({ lab: id, all }: DownFlags) => {
        const { findLab, listLabs, removeLab, removeLeftovers, requireLabHost, STATE_DIR, StateFile } =
          await import('../../../lab/index.ts');
        requireLabHost();
        const { stdout } = context.host;
        for (const leftover of await removeLeftovers(STATE_DIR))
          stdout.write(`removed the remains of lab ${leftover}\n`);
        const free = listLabs(STATE_DIR).filter(({ owner }) => owner === null);
        const newest = id === undefined ? free.slice(0, 1) : [findLab(STATE_DIR, id)];
        const doomed = all === true ? free : newest;
        if (doomed.length === 0) stdout.write('no lab is up\n');
        for (const state of doomed) {
          if (state.owner !== null) {
            throw new UsageError(`Lab ${state.id} belongs to "lab run", process ${state.owner.pid}.`, {
              hint: 'interrupt that process, which removes its lab',
            });
          }
          await removeLab(StateFile.open(STATE_DIR, state));
          stdout.write(`removed lab ${state.id} (${state.preset})\n`);
        }
        return EXIT.ok;
      }),
    );
}
