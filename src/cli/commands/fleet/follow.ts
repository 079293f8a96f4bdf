import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { fleetOption, operatorFile } from '../../flags/fleet-options.ts';
import { resultsDir, resultsOption } from '../../flags/run-options.ts';
import { requireRun } from './find-run.ts';
import { withLink } from './with-link.ts';

interface FollowFlags {
  readonly fleet?: string;
  readonly credentials?: string;
  readonly results?: string;
  readonly json?: boolean;
}

export function registerFollow(fleet: Command, context: Context): void {
  fleet
    .command('follow')
    .description(
      'Show what each probe of a run is doing, receive what it records, and show what became of it, as "fleet run" does. Ctrl-C only ends this.',
    )
    .argument('<run>', 'its id, as "fleet run" printed it')
    .addOption(fleetOption())
    .option(
      '--credentials <file>',
      'credentials of the operator, instead of those in the folder of the fleet',
    )
    .addOption(resultsOption())
    .option('--json', 'print what became of each probe as JSON')
    .action(
      context.act(async (id: string, flags: FollowFlags) => {
        const { host } = context;
        const { receiveAndPrint } = await import('./receive.ts');
        const results = resultsDir(host, flags.results);
        return withLink(operatorFile(host, flags), async (link) => {
          const found = await requireRun(link, id, results);
          const ending = new AbortController();
          const release = host.onStopSignal(() => ending.abort());
          try {
            const json = flags.json === true;
            return await receiveAndPrint(host, link, found, { results, signal: ending.signal, json });
          } finally {
            release();
          }
        });
      }),
    );
}
