import type { Command } from 'commander';
import { EXIT } from '../../errors.ts';
import { readVersions } from '../../session/load/versions.ts';
import type { Context } from '../context.ts';

export function registerManual(program: Command, context: Context): void {
  program
    .command('manual')
    .description('Print the manual page for man(1): every command with its flags and examples.')
    .addHelpText(
      'after',
      `
Examples:
  rushhour manual | man -l -
  rushhour manual > /usr/local/share/man/man1/rushhour.1`,
    )
    .action(
      context.act(async () => {
        const [{ describeCommands }, { readKnownNames }, { writeManual }] = await Promise.all([
          import('../completion/describe.ts'),
          import('../completion/known-names.ts'),
          import('../manual/write.ts'),
        ]);
        const { env, stdout } = context.host;
        // reproducible-builds.org/specs/source-date-epoch: a package's page has the date on which the package was
        // built.
        const epochSec = Number(env['SOURCE_DATE_EPOCH'] || Number.NaN);
        const date = Number.isFinite(epochSec) ? new Date(epochSec * 1_000).toISOString().slice(0, 10) : '';
        const specs = describeCommands(program, readKnownNames());
        stdout.write(writeManual(specs, { version: readVersions().rushhour, date }));
        return EXIT.ok;
      }),
    );
}
