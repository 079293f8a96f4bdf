import { type Candidates, type CommandSpec, commandsBelow } from './describe.ts';

/**
 * A command as the scripts store it while parsing the line: each of its words preceded by a blank; '' is the program
 * itself.
 */
export function placeOf(path: readonly string[]): string {
  return path.map((word) => ` ${word}`).join('');
}

/** All commands: if `$command $word` is one of them, the word names a subcommand. */
export function commandPlaces(specs: readonly CommandSpec[]): string[] {
  return specs.filter(({ path }) => path.length > 0).map(({ path }) => placeOf(path));
}

/** `$command $word` for flags whose value is the next word. */
export function valuePlaces(specs: readonly CommandSpec[]): string[] {
  return specs.flatMap(({ path, flags }) =>
    flags
      .filter(({ value }) => value !== undefined)
      .flatMap(({ short, long }) => (short === undefined ? [long] : [short, long]))
      .map((flag) => `${placeOf(path)} ${flag}`),
  );
}

/** Candidates for a command's arguments by position, from 1; `*`: any other. */
export interface Position {
  readonly at: string;
  readonly completes: readonly Candidates[];
}

/** Positions with candidates other than files. Subcommands are at the position of the first argument. */
export function positionsOf(spec: CommandSpec, specs: readonly CommandSpec[]): Position[] {
  const [first, ...others] = spec.arguments;
  const known = first?.completes.kind === 'words' ? first.completes.words : [];
  const below = commandsBelow(specs, spec.path)
    .map(({ path }) => path.at(-1) ?? '')
    .filter((name) => !known.includes(name));
  const commands: Candidates[] = below.length === 0 ? [] : [{ kind: 'words', words: below }];
  return [
    {
      at: first?.variadic === true ? '*' : '1',
      completes: [...commands, ...(first === undefined ? [] : [first.completes])],
    },
    ...others.map(({ variadic, completes }, index) => ({
      at: variadic ? '*' : String(index + 2),
      completes: [completes],
    })),
  ]
    .map(({ at, completes }) => ({ at, completes: completes.filter(({ kind }) => kind !== 'files') }))
    .filter(({ completes }) => completes.length > 0);
}
