import type { Command } from 'commander';
import { EXIT } from '../../errors.ts';
import type { Context } from '../context.ts';

interface ScenariosOptions {
  readonly names?: boolean;
  readonly json?: boolean;
}

export function registerScenarios(program: Command, context: Context): void {
  program
    .command('scenarios')
    .description('List the available scenarios: those in ./scenarios first, then the built-in ones.')
    .argument('[scenario]', 'show this one: when to use it, what it needs, its YAML')
    .option('--names', 'print only names, one per line')
    .option('--json', 'print the list as JSON')
    .addHelpText(
      'after',
      `
Examples:
  rushhour scenarios
  rushhour scenarios steady`,
    )
    .action(
      context.act(async (nameOrPath: string | undefined, options: ScenariosOptions) => {
        const { stdout, cwd } = context.host;
        const [{ describeScenario, listScenarios }, { scenarioDirs }, { renderScenario, renderScenarios }] =
          await Promise.all([
            import('../../scenario/catalog.ts'),
            import('../../scenario/find.ts'),
            import('../../render/scenarios.ts'),
          ]);
        const dirs = scenarioDirs(cwd);
        if (nameOrPath !== undefined) {
          const { readNamed } = await import('../../bounded-file.ts');
          const entry = await describeScenario(nameOrPath, dirs);
          const yaml = await readNamed(entry.path).catch(() => '');
          stdout.write(options.json === true ? toJson(entry) : renderScenario(entry, yaml, stdout.columns));
          return entry.problems.length > 0 ? EXIT.usage : EXIT.ok;
        }
        const entries = await listScenarios(dirs);
        if (options.json === true) stdout.write(toJson(entries));
        else if (options.names === true) stdout.write(entries.map(({ name }) => `${name}\n`).join(''));
        else stdout.write(renderScenarios(entries, stdout.columns));
        return EXIT.ok;
      }),
    );
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
