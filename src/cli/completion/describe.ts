import type { Argument, Command, Option } from 'commander';

/** What may stand in a place: fixed words, names that only the program knows, or a file. */
export type Completes =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** Names that `rushhour <command>` prints, one a line. */
  | { readonly kind: 'names'; readonly command: string }
  | { readonly kind: 'files' };

export interface FlagSpec {
  readonly short: string | undefined;
  readonly long: string;
  readonly description: string;
  /** Undefined: it takes no value. */
  readonly value: Completes | undefined;
}

export interface CommandSpec {
  /** Words after `rushhour`; empty for the program itself. */
  readonly path: readonly string[];
  readonly description: string;
  readonly flags: readonly FlagSpec[];
  /** Its first argument. */
  readonly argument: Completes | undefined;
}

/** The program and every command below it, as a shell has to know them. */
export function describeCommands(command: Command, path: readonly string[] = []): CommandSpec[] {
  const [argument] = command.registeredArguments;
  return [
    {
      path,
      description: command.summary() || command.description(),
      flags: [...command.options.filter(({ hidden }) => !hidden).map(describeFlag), HELP],
      argument: argument === undefined ? undefined : describeArgument(argument),
    },
    ...command.commands.flatMap((below) => describeCommands(below, [...path, below.name()])),
  ];
}

const HELP: FlagSpec = {
  short: '-h',
  long: '--help',
  description: 'display help for command',
  value: undefined,
};

function describeFlag(option: Option): FlagSpec {
  return {
    short: option.short,
    long: option.long ?? '',
    description: option.description,
    value: option.required || option.optional ? chosenFrom(option.argChoices) : undefined,
  };
}

function describeArgument(argument: Argument): Completes {
  if (argument.name() === 'scenario') return { kind: 'names', command: 'scenarios --names' };
  if (argument.name() === 'run' || argument.name() === 'before')
    return { kind: 'names', command: 'results --names' };
  return chosenFrom(argument.argChoices);
}

function chosenFrom(choices: readonly string[] | undefined): Completes {
  return choices === undefined ? { kind: 'files' } : { kind: 'words', words: choices };
}

/** Names of the commands right below a path. */
export function commandsBelow(specs: readonly CommandSpec[], path: readonly string[]): CommandSpec[] {
  return specs.filter(
    (spec) => spec.path.length === path.length + 1 && path.every((word, index) => spec.path[index] === word),
  );
}
