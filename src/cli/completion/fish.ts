import { type CommandSpec, type Completes, commandsBelow, type FlagSpec } from './describe.ts';

/** For ~/.config/fish/completions/rushhour.fish. */
export function writeFish(specs: readonly CommandSpec[]): string {
  const lines = specs.flatMap((spec) => {
    const below = commandsBelow(specs, spec.path);
    const where = quoted(condition(spec.path, below));
    return [
      ...below.map(
        ({ path, description }) =>
          `complete -c rushhour -n ${where} -a ${path.at(-1)} -d ${quoted(description)}`,
      ),
      ...spec.flags.map((flag) => `complete -c rushhour -n ${where}${writeFlag(flag)}`),
      ...(spec.argument === undefined ? [] : [`complete -c rushhour -n ${where} ${offered(spec.argument)}`]),
    ];
  });
  return `# fish completion for rushhour\ncomplete -c rushhour -f\n${lines.join('\n')}\n`;
}

/** True while the command line has got as far as this command and no further. */
function condition(path: readonly string[], below: readonly CommandSpec[]): string {
  const seen = path.map((word) => `__fish_seen_subcommand_from ${word}`);
  const further = below.map(({ path: words }) => words.at(-1)).join(' ');
  const notYet = further === '' ? [] : [`not __fish_seen_subcommand_from ${further}`];
  return [...seen, ...notYet].join('; and ');
}

function writeFlag({ short, long, description, value }: FlagSpec): string {
  const names = `${short === undefined ? '' : ` -s ${short.slice(1)}`} -l ${long.slice(2)}`;
  const takes = value === undefined ? '' : value.kind === 'files' ? ' -r -F' : ` -x ${offered(value)}`;
  return `${names}${takes} -d ${quoted(description)}`;
}

function offered(completes: Completes): string {
  switch (completes.kind) {
    case 'words':
      return `-a ${quoted(completes.words.join(' '))}`;
    case 'names':
      return `-F -a ${quoted(`(rushhour ${completes.command} 2>/dev/null)`)}`;
    case 'files':
      return '-F';
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
