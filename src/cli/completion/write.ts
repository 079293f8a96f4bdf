import { writeBash } from './bash.ts';
import type { CommandSpec } from './describe.ts';
import { writeFish } from './fish.ts';
import type { Shell } from './shells.ts';
import { writeZsh } from './zsh.ts';

/** The completion script of a shell. */
export function writeCompletion(shell: Shell, specs: readonly CommandSpec[]): string {
  switch (shell) {
    case 'bash':
      return writeBash(specs);
    case 'zsh':
      return writeZsh(specs);
    case 'fish':
      return writeFish(specs);
  }
}
