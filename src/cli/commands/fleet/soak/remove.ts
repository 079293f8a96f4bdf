import type { Command } from 'commander';
import { EnvironmentError, EXIT, UsageError } from '../../../../errors.ts';
import { FLEET_RUN_ID } from '../../../../fleet/protocol.ts';
import type { Context } from '../../../context.ts';
import { addOperatorOptions, type OperatorFlags } from '../../../flags/fleet-options.ts';
import { awaitAndTell } from '../await-and-tell.ts';
import { withLink } from '../with-link.ts';

interface RemoveFlags extends OperatorFlags {}

export function registerSoakRemove(soak: Command, context: Context): void {
  addOperatorOptions(
    soak
      .command('remove')
      .description(
        'Have every probe that keeps a soak forget it; a night that is under way ends. What was recorded is kept, and sent.',
      )
      .argument('<soak>', 'its id, as "fleet soak install" printed it')
      .action(
        context.act(async (id: string, flags: RemoveFlags) => {
          const { host } = context;
          const [{ readProbes }, { findKeepers, whyNotKept }, { stopRun }, { ENDS }] = await Promise.all([
            import('../../../../fleet/operator/read-probes.ts'),
            import('../../../../fleet/operator/soaks.ts'),
            import('../../../../fleet/operator/order-run.ts'),
            import('../../../../fleet/operator/await-ends.ts'),
          ]);
          return withLink(host, flags, async (link) => {
            const known = FLEET_RUN_ID.test(id) ? await readProbes(link, host.now()) : [];
            const keepers = known.length === 0 ? [] : await findKeepers(link, id, known);
            if (keepers.length === 0) {
              const why = FLEET_RUN_ID.test(id) ? await whyNotKept(link, id) : '';
              throw new UsageError(`no probe keeps a soak ${JSON.stringify(id)}${why && `: ${why}`}`, {
                hint: '"rushhour fleet soak ls" lists them',
              });
            }
            const asked = { id, parts: keepers.map((probe) => ({ probe })) };
            await stopRun(link, asked, 'drain');
            const present = known.filter(({ isPresent }) => isPresent).map(({ probe }) => probe);
            const left = await awaitAndTell(host, link, asked, { kinds: ENDS, present });
            if (left.length === 0) return EXIT.ok;
            throw new EnvironmentError(`not yet told that it is removed: ${left.join(', ')}`, {
              hint: 'the request waits for them at the server, for 30 days; "rushhour fleet soak ls" shows who keeps it',
            });
          });
        }),
      ),
  );
}
