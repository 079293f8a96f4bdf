import { Argument, type Command } from 'commander';
import { EXIT, UsageError } from '../../errors.ts';
import type { Context } from '../context.ts';

/** `help`, `help run`, `help soak install`: what --help shows, in the style of git and npm. */
export function registerHelp(program: Command, context: Context): void {
  const argument = new Argument('[command...]', 'the command');
  // Only for completion: errors are reported here, with the name that was probably meant.
  argument.argChoices = program.commands.map((command) => command.name());
  program
    .command('help')
    .description('Show the same help as --help after the command.')
    .addArgument(argument)
    .addHelpText(
      'after',
      `
Examples:
  rushhour help
  rushhour help run
  rushhour help soak install`,
    )
    .action(
      context.act(async (words: readonly string[]) => {
        (await findCommand(program, words)).outputHelp();
        return EXIT.ok;
      }),
    );
}

async function findCommand(program: Command, words: readonly string[]): Promise<Command> {
  let above = program;
  for (const word of words) {
    const names = above.commands.map((command) => command.name());
    const found = above.commands.find((command) => command.name() === word);
    if (found === undefined) {
      // Loaded only when needed, because every start reads this file.
      const { suggest } = await import('../../scenario/suggest.ts');
      throw new UsageError(`there is no command "${words.join(' ')}"`, { hint: suggest(word, names) });
    }
    above = found;
  }
  return above;
}
