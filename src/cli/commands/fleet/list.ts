import type { Command } from 'commander';
import { EXIT } from '../../../errors.ts';
import type { Context } from '../../context.ts';
import { addOperatorOptions, type OperatorFlags } from '../../flags/fleet-options.ts';
import { withLink } from './with-link.ts';

interface ListFlags extends OperatorFlags {
  readonly json?: boolean;
}

export function registerList(fleet: Command, context: Context): void {
  addOperatorOptions(
    fleet
      .command('ls')
      .description(
        'List the probes that the server knows: labels, version, machine, addresses, when each was seen.',
      )
      .option('--json', 'print JSON')
      .action(
        context.act(async (flags: ListFlags) => {
          const { host } = context;
          const [{ readProbes }, { formatProbes }] = await Promise.all([
            import('../../../fleet/operator/read-probes.ts'),
            import('../../../fleet/operator/format-probes.ts'),
          ]);
          const probes = await withLink(host, flags, (link) => readProbes(link, host.now()));
          host.stdout.write(
            flags.json === true
              ? `${JSON.stringify(probes, null, 2)}\n`
              : formatProbes(probes, host.now(), host.stdout.columns),
          );
          return EXIT.ok;
        }),
      ),
  );
}
