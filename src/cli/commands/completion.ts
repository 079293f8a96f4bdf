import { Argument, type Command } from 'commander';
import { EXIT } from '../../errors.ts';
import { SHELLS, type Shell } from '../completion/shells.ts';
import type { Context } from '../context.ts';

export function registerCompletion(program: Command, context: Context): void {
  program
    .command('completion')
    .description(
      'Print a script with which a shell completes commands, flags, and the names of scenarios, presets, labs, soaks, runs and labels. The shell finds the names itself, without starting Node.',
    )
    .addArgument(new Argument('<shell>', 'which shell').choices([...SHELLS]))
    .addHelpText(
      'after',
      `
Examples:
  source <(rushhour completion bash)                                  in ~/.bashrc
  rushhour completion zsh > "\${fpath[1]}/_rushhour"
  rushhour completion fish > ~/.config/fish/completions/rushhour.fish`,
    )
    .action(
      context.act(async (shell: Shell) => {
        const [{ describeCommands }, { readKnownNames }, { writeCompletion }] = await Promise.all([
          import('../completion/describe.ts'),
          import('../completion/known-names.ts'),
          import('../completion/write.ts'),
        ]);
        context.host.stdout.write(writeCompletion(shell, describeCommands(program, readKnownNames())));
        return EXIT.ok;
      }),
    );
}
