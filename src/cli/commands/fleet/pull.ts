import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { addOperatorOptions, type OperatorFlags } from '../../flags/fleet-options.ts';
import { resultsOption } from '../../flags/run-options.ts';

interface PullFlags extends OperatorFlags {
  readonly results?: string;
  readonly wait: boolean;
  readonly json?: boolean;
}

/** With --no-wait: what the server has now is here by then; milliseconds. */
const SOON_MS = 5_000;

export function registerPull(fleet: Command, context: Context): void {
  addOperatorOptions(
    fleet
      .command('pull')
      .description(
        'Receive a run that was ordered before, from what the server has of it, and show it again; or every night of a soak that is not here whole.',
      )
      .argument('<run>', 'its id, as "fleet run" printed it; or that of a soak')
      .addOption(resultsOption())
      .option('--no-wait', 'do not wait for probes that have not sent everything yet')
      .option('--json', 'print what became of each probe as JSON')
      .action(
        context.act(async (id: string, flags: PullFlags) => {
          const [{ receiveAgain }, { receiveNights }] = await Promise.all([
            import('./receive.ts'),
            import('./receive-nights.ts'),
          ]);
          const code = await receiveNights(context.host, id, flags);
          if (code !== undefined) return code;
          return receiveAgain(context.host, id, flags, {
            isLive: false,
            endAfterMs: flags.wait ? undefined : SOON_MS,
          });
        }),
      ),
  );
}
