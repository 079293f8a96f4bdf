import { join } from 'node:path';
import type { Command } from 'commander';
import { UsageError } from '../../../errors.ts';
import { FLEET_RUN_ID } from '../../../fleet/protocol.ts';
import type { Context } from '../../context.ts';
import { fleetOption, operatorFile } from '../../flags/fleet-options.ts';
import { resultsDir, resultsOption } from '../../flags/run-options.ts';
import { withLink } from './with-link.ts';

interface PullFlags {
  readonly fleet?: string;
  readonly credentials?: string;
  readonly results?: string;
  readonly wait: boolean;
  readonly json?: boolean;
}

/** With --no-wait: what the server has now is here by then; milliseconds. */
const SOON_MS = 5_000;

export function registerPull(fleet: Command, context: Context): void {
  fleet
    .command('pull')
    .description('Receive a run that was ordered before, from what the server has of it, and show it again.')
    .argument('<run>', 'its id, as "fleet run" printed it')
    .addOption(fleetOption())
    .option(
      '--credentials <file>',
      'credentials of the operator, instead of those in the folder of the fleet',
    )
    .addOption(resultsOption())
    .option('--no-wait', 'do not wait for probes that have not sent everything yet')
    .option('--json', 'print what became of each probe as JSON')
    .action(
      context.act(async (id: string, flags: PullFlags) => {
        const { host } = context;
        const [{ findRun }, { readProbes }, { readFleetFile }, { followAndPrint }] = await Promise.all([
          import('../../../fleet/operator/fleet-run.ts'),
          import('../../../fleet/operator/read-probes.ts'),
          import('../../../store/fleet-file.ts'),
          import('./follow.ts'),
        ]);
        // It is the name of a folder as well.
        if (!FLEET_RUN_ID.test(id)) {
          throw new UsageError(`"${id}" is not the id of a fleet's run`, {
            hint: 'give it as "fleet run" printed it, such as 20250131-060000-steady-k3f9',
          });
        }
        const results = resultsDir(host, flags.results);
        return withLink(operatorFile(host, flags), async (link) => {
          const file = await readFleetFile(join(results, id));
          const kept = file.kind === 'whole' ? file.value : undefined;
          const known = await readProbes(link, host.now());
          const found = await findRun(link, id, { resultsDir: results, kept, known });
          if (found === undefined) {
            throw new UsageError(`the server has nothing of a run ${id}`, {
              hint: 'it keeps what probes send for 30 days',
            });
          }
          const ending = new AbortController();
          const release = host.onStopSignal(() => ending.abort());
          const timer = flags.wait ? undefined : setTimeout(() => ending.abort(), SOON_MS);
          try {
            const json = flags.json === true;
            return await followAndPrint(host, link, found, { results, signal: ending.signal, json });
          } finally {
            clearTimeout(timer);
            release();
          }
        });
      }),
    );
}
