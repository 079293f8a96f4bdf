import type { Command } from 'commander';
import { EXIT } from '../../errors.ts';
import type { Context } from '../context.ts';

export function registerSchema(program: Command, context: Context): void {
  program
    .command('schema')
    .description('Print the JSON Schema of scenario files, which lets editors complete and check them.')
    .addHelpText(
      'after',
      `
Example:
  rushhour schema > rushhour.schema.json
  # then, as the first line of a scenario: # yaml-language-server: $schema=./rushhour.schema.json`,
    )
    .action(
      context.act(async () => {
        const { exportJsonSchema } = await import('../../scenario/schema.ts');
        context.host.stdout.write(`${JSON.stringify(exportJsonSchema(), null, 2)}\n`);
        return EXIT.ok;
      }),
    );
}
