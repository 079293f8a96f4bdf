import type { ArgumentSpec, CommandSpec, FlagSpec } from '../completion/describe.ts';

export interface ManualFacts {
  readonly version: string;
  /** YYYY-MM-DD; empty: none. */
  readonly date: string;
}

/**
 * rushhour(1) in the macros of man(7): each command with its arguments, flags and examples, from its own definition.
 */
export function writeManual(specs: readonly CommandSpec[], { version, date }: ManualFacts): string {
  const [program, ...commands] = specs;
  if (program === undefined) return '';
  return `${[
    `.TH RUSHHOUR 1 "${date}" "rushhour ${version}" "User Commands"`,
    '.SH NAME',
    'rushhour \\- load generator that shows whether a firewall stalls connections',
    '.SH SYNOPSIS',
    '.B rushhour',
    '.I command',
    '.RI [ options ]',
    '.SH DESCRIPTION',
    roff(program.description),
    ...writeNotes(program.notes),
    '.SH OPTIONS',
    ...program.flags.flatMap(writeFlag),
    '.SH COMMANDS',
    ...commands.flatMap(writeCommand),
    '.SH ENVIRONMENT',
    '.TP',
    '.B RUSHHOUR_RESULTS',
    'Results folder, unless',
    '.B \\-\\-results',
    'names one.',
    '.SH SEE ALSO',
    '.BR ab (1),',
    '.BR ss (8),',
    '.BR nft (8)',
  ].join('\n')}\n`;
}

function writeCommand({ path, arguments: words, description, flags, notes }: CommandSpec): string[] {
  const usage = ['rushhour', ...path, '[options]', ...words.map((word) => word.usage)].join(' ');
  return [
    `.SS "${roff(usage)}"`,
    roff(description),
    ...words.flatMap(writeArgument),
    ...flags.flatMap(writeFlag),
    ...writeNotes(notes),
  ];
}

function writeArgument({ usage, description }: ArgumentSpec): string[] {
  return ['.TP', `.I "${roff(usage)}"`, roff(description)];
}

function writeFlag({ usage, help }: FlagSpec): string[] {
  return ['.TP', `.B "${roff(usage)}"`, roff(help)];
}

/** Printed as they are: lines and columns matter in examples. */
function writeNotes(notes: string): string[] {
  return notes === '' ? [] : ['.PP', '.nf', ...notes.split('\n').map(roff), '.fi'];
}

/**
 * Escapes text for man(7): a dot or quote at the beginning of a line would be a request, a backslash an escape, and
 * `-` a hyphen that cannot be pasted into a shell. Quotes end an argument of a macro.
 */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('"', '\\(dq')
    .replaceAll("'", '\\(aq')
    .replace(/^\./gm, '\\&.');
}
