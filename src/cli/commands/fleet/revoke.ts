import type { Command } from 'commander';
import { EXIT } from '../../../errors.ts';
import { formatMoment } from '../../../render/format.ts';
import type { Context } from '../../context.ts';
import { addOperatorOptions, type OperatorFlags } from '../../flags/fleet-options.ts';
import { tellReach } from './tell-reach.ts';
import { withLink } from './with-link.ts';

interface RevokeFlags extends OperatorFlags {}

export function registerRevoke(fleet: Command, context: Context): void {
  addOperatorOptions(
    fleet
      .command('revoke')
      .description(
        'Take the credentials of a probe back, or a token that nobody has used: its connection ends, and nobody connects with them again. What it has sent stays.',
      )
      .argument('<probe>', 'its id')
      .action(
        context.act(async (probe: string, flags: RevokeFlags) => {
          const { host } = context;
          const [{ revokeProbe }, { checkProbeId }] = await Promise.all([
            import('../../../fleet/operator/ask-server.ts'),
            import('../../../fleet/enrolment.ts'),
          ]);
          checkProbeId(probe);
          const { reach, beforeAtMs } = await withLink(host, flags, (link) => revokeProbe(link, probe));
          tellReach(
            host,
            { what: `${probe} is revoked`, reach },
            'the others hear of it once they are back; revoke it again then, so that orders that wait go, too',
          );
          host.stdout.write(
            beforeAtMs === undefined
              ? `${probe} is revoked\n`
              : `${probe} was revoked already, at ${formatMoment(new Date(beforeAtMs).toISOString())}\n`,
          );
          return EXIT.ok;
        }),
      ),
  );
}
