import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { addOperatorOptions, type OperatorFlags } from '../../flags/fleet-options.ts';
import { resultsOption } from '../../flags/run-options.ts';

interface FollowFlags extends OperatorFlags {
  readonly results?: string;
  readonly json?: boolean;
}

export function registerFollow(fleet: Command, context: Context): void {
  addOperatorOptions(
    fleet
      .command('follow')
      .description(
        'Show what each probe of a run is doing, receive what it records, and show what became of it, as "fleet run" does. Ctrl-C only ends this.',
      )
      .argument('<run>', 'its id, as "fleet run" printed it')
      .addOption(resultsOption())
      .option('--json', 'print what became of each probe as JSON')
      .action(
        context.act(async (id: string, flags: FollowFlags) => {
          const { receiveAgain } = await import('./receive.ts');
          return receiveAgain(context.host, id, flags, { isLive: true });
        }),
      ),
  );
}
