import { writeBash } from './bash.ts';
import type { CommandSpec } from './describe.ts';
import { writeFish } from './fish.ts';
import type { Shell } from './shells.ts';
import { writeZsh } from './zsh.ts';

/** The completion script of a shell. */
export function writeCompletion(shell: Shell, commands: readonly CommandSpec[]): string {
  const specs = [...commands, ...helpOf(commands)];
  switch (shell) {
    case 'bash':
      return writeBash(specs);
    case 'zsh':
      return writeZsh(specs);
    case 'fish':
      return writeFish(specs);
  }
}

/** `help soak` is followed by subcommands of `soak`, as `soak` is, but by nothing else. */
function helpOf(commands: readonly CommandSpec[]): CommandSpec[] {
  const leading = commands.filter(({ path }) => path.length > 1).map(({ path }) => path[0]);
  return commands
    .filter(({ path }) => leading.includes(path[0]))
    .map((spec) => ({
      ...spec,
      path: ['help', ...spec.path],
      flags: spec.flags.filter(({ long }) => long === '--help'),
      arguments: [],
    }));
}
