import { type CommandSpec, type Completes, commandsBelow } from './describe.ts';

/** For a file _rushhour in a folder of $fpath. */
export function writeZsh(specs: readonly CommandSpec[]): string {
  const paths = specs.filter(({ path }) => path.length > 0).map(({ path }) => quoted(` ${path.join(' ')}`));
  return `#compdef rushhour
# zsh completion for rushhour
_rushhour() {
  local command= word
  local -a offer
  for word in \${words[2,CURRENT-1]}; do
    case "$command $word" in
      (${paths.join(' | ')}) command="$command $word" ;;
    esac
  done
  case "$command \${words[CURRENT-1]}" in
${specs.flatMap(writeValues).join('\n')}
  esac
  case "$command" in
${specs.map((spec) => writePlace(spec, specs)).join('\n')}
  esac
}
if [[ $funcstack[1] == _rushhour ]]; then _rushhour "$@"; else compdef _rushhour rushhour; fi
`;
}

function writeValues({ path, flags }: CommandSpec): string[] {
  return flags.flatMap(({ short, long, value }) => {
    if (value === undefined) return [];
    const command = path.map((word) => ` ${word}`).join('');
    const patterns = [short, long]
      .filter((flag) => flag !== undefined)
      .map((flag) => quoted(`${command} ${flag}`));
    return [`    (${patterns.join(' | ')}) ${offered(value)}; return ;;`];
  });
}

function writePlace(spec: CommandSpec, specs: readonly CommandSpec[]): string {
  const flags = spec.flags.map(({ long, description }) => described(long, description));
  const below = commandsBelow(specs, spec.path).map(({ path, description }) =>
    described(path.at(-1) ?? '', description),
  );
  const rest = [
    ...(below.length > 0 ? [`offer=(${below.join(' ')}); _describe command offer`] : []),
    ...(spec.argument === undefined ? [] : [offered(spec.argument)]),
  ];
  return `    (${quoted(spec.path.map((word) => ` ${word}`).join(''))})
      if [[ $words[CURRENT] == -* ]]; then
        offer=(${flags.join(' ')}); _describe -o flag offer
      else ${rest.length > 0 ? rest.join('; ') : ':'}; fi ;;`;
}

function offered(completes: Completes): string {
  switch (completes.kind) {
    case 'words':
      return `compadd -- ${completes.words.join(' ')}`;
    case 'names':
      return `compadd -- \${(f)"$($words[1] ${completes.command} 2>/dev/null)"}; _files`;
    case 'files':
      return '_files';
  }
}

/** `name:description`, as _describe wants it. */
function described(name: string, description: string): string {
  return quoted(`${name}:${description}`);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\\\''")}'`;
}
