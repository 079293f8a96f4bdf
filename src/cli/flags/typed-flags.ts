import type { Command } from 'commander';

/** A flag as typed. */
export interface TypedFlag {
  readonly flag: string;
  readonly value: string | undefined;
}

/** Collects a command's flags as typed, in order, because parsed values cannot be converted back. */
export function watchFlags(command: Command): readonly TypedFlag[] {
  const typed: TypedFlag[] = [];
  for (const option of command.options) {
    const flag = option.long ?? option.short ?? '';
    command.on(`option:${option.name()}`, (value?: string) => typed.push({ flag, value }));
  }
  return typed;
}
