import type { Command } from 'commander';
import { EXIT } from '../../../../errors.ts';
import type { Context } from '../../../context.ts';
import { addOperatorOptions, type OperatorFlags } from '../../../flags/fleet-options.ts';
import { withLink } from '../with-link.ts';

interface ListFlags extends OperatorFlags {
  readonly json?: boolean;
}

export function registerSoakList(soak: Command, context: Context): void {
  addOperatorOptions(
    soak
      .command('ls')
      .description(
        'List the soaks that probes keep: when each begins next, and what became of its last night.',
      )
      .option('--json', 'print JSON')
      .action(
        context.act(async (flags: ListFlags) => {
          const { host } = context;
          const [{ readProbes }, { listSoaks }, { formatSoaks }] = await Promise.all([
            import('../../../../fleet/operator/read-probes.ts'),
            import('../../../../fleet/operator/soaks.ts'),
            import('../../../../fleet/operator/format-soaks.ts'),
          ]);
          const soaks = await withLink(host, flags, async (link) =>
            listSoaks(await readProbes(link, host.now())),
          );
          host.stdout.write(
            flags.json === true
              ? `${JSON.stringify(soaks, null, 2)}\n`
              : formatSoaks(soaks, host.stdout.columns),
          );
          return EXIT.ok;
        }),
      ),
  );
}
