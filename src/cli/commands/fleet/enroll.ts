import { type Command, Option } from 'commander';
import { EXIT } from '../../../errors.ts';
import { formatDuration } from '../../../scenario/units.ts';
import type { Context } from '../../context.ts';
import { addOperatorOptions, type OperatorFlags } from '../../flags/fleet-options.ts';
import { parsePositiveDurationUs } from '../../flags/values.ts';
import { tellReach } from './tell-reach.ts';
import { withLink } from './with-link.ts';

interface EnrollFlags extends OperatorFlags {
  readonly within: number;
}

const HOUR_US = 3_600_000_000;
const DAY_US = 24 * HOUR_US;

function formatLife(us: number): string {
  return us > DAY_US && us % DAY_US === 0 ? `${us / DAY_US} days` : formatDuration(us);
}

export function registerEnroll(fleet: Command, context: Context): void {
  addOperatorOptions(
    fleet
      .command('enroll')
      .description(
        'Print a token with which a new probe enrolls itself, once: rushhour probe --enroll TOKEN. It is not shown again, and the server keeps only what is public of it.',
      )
      .argument('<probe>', 'id of the probe: lower-case letters, digits and -')
      .addOption(
        new Option('--within <time>', 'how long it is good, at most 7 days')
          .argParser(parsePositiveDurationUs)
          .default(HOUR_US, '1h'),
      )
      .addHelpText(
        'after',
        `
Examples:
  rushhour fleet enroll leeds-2
  rushhour fleet enroll leeds-2 --within 2d | ssh leeds-2 rushhour probe --enroll - --credentials leeds-2.json`,
      )
      .action(
        context.act(async (probe: string, flags: EnrollFlags) => {
          const { host } = context;
          const [{ requestToken }, { checkLife, checkProbeId }] = await Promise.all([
            import('../../../fleet/operator/ask-server.ts'),
            import('../../../fleet/enrolment.ts'),
          ]);
          checkProbeId(probe);
          const lifeMs = checkLife(flags.within);
          const { token, isReplacing, reach } = await withLink(host, flags, (link) =>
            requestToken(link, probe, lifeMs),
          );
          host.stdout.write(`${token}\n`);
          host.stderr.write(
            `rushhour: good once, within ${formatLife(flags.within)}; on ${probe}: rushhour probe --enroll TOKEN --credentials ${probe}.json\n`,
          );
          if (isReplacing)
            host.stderr.write(`rushhour: the token that was made for ${probe} before is void\n`);
          tellReach(
            host,
            { what: `the token for ${probe} is good`, reach },
            'the others hear of it once they are back; most have to be there for the probe to enroll',
          );
          return EXIT.ok;
        }),
      ),
  );
}
