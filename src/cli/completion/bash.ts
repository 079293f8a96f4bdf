import { type CommandSpec, type Completes, commandsBelow } from './describe.ts';

/** For `source <(rushhour completion bash)`. Where nothing is offered, readline completes file names. */
export function writeBash(specs: readonly CommandSpec[]): string {
  const paths = specs.filter(({ path }) => path.length > 0).map(({ path }) => quoted(` ${path.join(' ')}`));
  return `# bash completion for rushhour
_rushhour() {
  local cur=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command= offer= i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command \${COMP_WORDS[i]}" in
      ${paths.join(' | ')}) command="$command \${COMP_WORDS[i]}" ;;
    esac
  done
  case "$command $before" in
${specs.flatMap(writeValues).join('\n')}
  esac
  case "$command" in
${specs.map((spec) => writePlace(spec, specs)).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$offer" -- "$cur"))
}
complete -o default -F _rushhour rushhour
`;
}

/** What follows a flag that takes a value. */
function writeValues({ path, flags }: CommandSpec): string[] {
  return flags.flatMap(({ short, long, value }) => {
    if (value === undefined) return [];
    const command = path.map((word) => ` ${word}`).join('');
    const patterns = [short, long]
      .filter((flag) => flag !== undefined)
      .map((flag) => quoted(`${command} ${flag}`));
    const offer =
      value.kind === 'files' ? 'return' : `COMPREPLY=($(compgen -W "${offered(value)}" -- "$cur")); return`;
    return [`    ${patterns.join(' | ')}) ${offer} ;;`];
  });
}

/** What stands where no flag is waiting for its value. */
function writePlace(spec: CommandSpec, specs: readonly CommandSpec[]): string {
  const flags = spec.flags.flatMap(({ short, long }) => (short === undefined ? [long] : [short, long]));
  const below = commandsBelow(specs, spec.path).map(({ path }) => path.at(-1) ?? '');
  const rest = spec.argument === undefined ? '' : offered(spec.argument);
  const command = quoted(spec.path.map((word) => ` ${word}`).join(''));
  return `    ${command}) if [[ $cur == -* ]]; then offer="${flags.join(' ')}"; else offer="${[...below, rest].join(' ').trim()}"; fi ;;`;
}

function offered(completes: Completes): string {
  switch (completes.kind) {
    case 'words':
      return completes.words.join(' ');
    case 'names':
      return `$("\${COMP_WORDS[0]}" ${completes.command} 2>/dev/null)`;
    case 'files':
      return '';
  }
}

function quoted(text: string): string {
  return `'${text}'`;
}
