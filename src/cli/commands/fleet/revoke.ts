import type { Command } from 'commander';
import { EXIT } from '../../../errors.ts';
import type { Context } from '../../context.ts';
import { fleetOption, operatorFile } from '../../flags/fleet-options.ts';
import { withLink } from './with-link.ts';

interface RevokeFlags {
  readonly fleet?: string;
  readonly credentials?: string;
}

export function registerRevoke(fleet: Command, context: Context): void {
  fleet
    .command('revoke')
    .description(
      'Take the credentials of a probe back, or a token that nobody has used: its connection ends, and nobody connects with them again. What it has sent stays.',
    )
    .argument('<probe>', 'its id')
    .addOption(fleetOption())
    .option(
      '--credentials <file>',
      'credentials of the operator, instead of those in the folder of the fleet',
    )
    .action(
      context.act(async (probe: string, flags: RevokeFlags) => {
        const { host } = context;
        const [{ revokeProbe }, { checkProbeId }] = await Promise.all([
          import('../../../fleet/operator/ask-server.ts'),
          import('../../../fleet/enrolment.ts'),
        ]);
        checkProbeId(probe);
        await withLink(operatorFile(host, flags), (link) => revokeProbe(link, probe));
        host.stdout.write(`${probe} is revoked\n`);
        return EXIT.ok;
      }),
    );
}
