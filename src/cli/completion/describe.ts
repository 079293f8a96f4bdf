import { type Argument, type Command, Help, type Option } from 'commander';
import { HelpfulCommand } from '../helpful-command.ts';

/** Kinds of names that change over time: the shell finds them itself, without starting Node. */
export type NameKind = 'scenarios' | 'runs' | 'labels' | 'labs' | 'nights';

/** The candidates at a position: fixed words, names, or files. */
export type Candidates =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** `words` are known in advance, others are looked up. */
  | { readonly kind: 'names'; readonly of: NameKind; readonly words: readonly string[] }
  | { readonly kind: 'files' };

/** Names that come with the program. */
export interface KnownNames {
  readonly scenarios: readonly string[];
  readonly presets: readonly string[];
}

export interface FlagSpec {
  readonly short: string | undefined;
  readonly long: string;
  readonly description: string;
  /** As in commander: `--rate <rate>`. */
  readonly usage: string;
  /** The description as in --help, with choices and default. */
  readonly help: string;
  /** Undefined: it takes no value. */
  readonly value: Candidates | undefined;
}

export interface ArgumentSpec {
  /** `<run>`, `[runs...]`. */
  readonly usage: string;
  readonly description: string;
  readonly completes: Candidates;
  readonly variadic: boolean;
}

export interface CommandSpec {
  /** Words after `rushhour`; empty for the program itself. */
  readonly path: readonly string[];
  /** One line. */
  readonly summary: string;
  readonly description: string;
  /** The text after the flags in --help, such as examples; may be empty. */
  readonly notes: string;
  readonly flags: readonly FlagSpec[];
  readonly arguments: readonly ArgumentSpec[];
}

/** Describes the program and every command below it, for completion and the manual. */
export function describeCommands(
  command: Command,
  known: KnownNames,
  path: readonly string[] = [],
): CommandSpec[] {
  return [
    {
      path,
      summary: command.summary() || command.description(),
      description: command.description(),
      notes: command instanceof HelpfulCommand ? command.notes : '',
      flags: [
        ...command.options.filter(({ hidden }) => !hidden).map((option) => describeFlag(option, known)),
        HELP,
      ],
      arguments: command.registeredArguments.map((argument) => describeArgument(argument, known, path)),
    },
    ...command.commands.flatMap((below) => describeCommands(below, known, [...path, below.name()])),
  ];
}

const HELP: FlagSpec = {
  short: '-h',
  long: '--help',
  description: 'display help for command',
  usage: '-h, --help',
  help: 'display help for command',
  value: undefined,
};

const NAMED_BY_FLAG: Readonly<Record<string, NameKind>> = {
  '--scenario': 'scenarios',
  '--label': 'labels',
  '--label-a': 'labels',
  '--label-b': 'labels',
  '--lab': 'labs',
};

const NAMED_BY_ARGUMENT: Readonly<Record<string, NameKind>> = {
  scenario: 'scenarios',
  run: 'runs',
  runs: 'runs',
  before: 'runs',
  after: 'runs',
};

function describeFlag(option: Option, known: KnownNames): FlagSpec {
  const long = option.long ?? '';
  const named = NAMED_BY_FLAG[long];
  const takesValue = option.required || option.optional;
  return {
    short: option.short,
    long,
    description: option.description,
    usage: option.flags,
    help: new Help().optionDescription(option),
    value: !takesValue
      ? undefined
      : named === undefined
        ? chosenFrom(option.argChoices)
        : names(named, known),
  };
}

function describeArgument(argument: Argument, known: KnownNames, [first]: readonly string[]): ArgumentSpec {
  const { description, variadic, required } = argument;
  const name = argument.name();
  const usage = `${name}${variadic ? '...' : ''}`;
  const named = name === 'name' && first === 'soak' ? 'nights' : NAMED_BY_ARGUMENT[name];
  const completes: Candidates =
    name === 'preset'
      ? { kind: 'words', words: known.presets }
      : named === undefined
        ? chosenFrom(argument.argChoices)
        : names(named, known);
  return { usage: required ? `<${usage}>` : `[${usage}]`, description, completes, variadic };
}

function names(of: NameKind, known: KnownNames): Candidates {
  return { kind: 'names', of, words: of === 'scenarios' ? known.scenarios : [] };
}

function chosenFrom(choices: readonly string[] | undefined): Candidates {
  return choices === undefined ? { kind: 'files' } : { kind: 'words', words: choices };
}

/** Names of the commands directly below a path. */
export function commandsBelow(specs: readonly CommandSpec[], path: readonly string[]): CommandSpec[] {
  return specs.filter(
    (spec) => spec.path.length === path.length + 1 && path.every((word, index) => spec.path[index] === word),
  );
}
