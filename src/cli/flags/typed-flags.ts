import type { Command } from 'commander';

/** A flag as it was typed. */
export interface TypedFlag {
  readonly flag: string;
  readonly value: string | undefined;
}

/** Keeps what is typed of a command's flags, in order: parsed values cannot be written down again. */
export function watchFlags(command: Command): readonly TypedFlag[] {
  const typed: TypedFlag[] = [];
  for (const option of command.options) {
    const flag = option.long ?? option.short ?? '';
    command.on(`option:${option.name()}`, (value?: string) => typed.push({ flag, value }));
  }
  return typed;
}
