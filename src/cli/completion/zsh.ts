import { type Candidates, type CommandSpec, commandsBelow } from './describe.ts';
import { SHELL_FUNCTIONS } from './names.ts';
import { commandPlaces, placeOf, positionsOf, valuePlaces } from './patterns.ts';

/** For a file _rushhour in a folder of $fpath. */
export function writeZsh(specs: readonly CommandSpec[]): string {
  return `#compdef rushhour
# zsh completion for rushhour
${SHELL_FUNCTIONS}_rushhour_offer() {
  local -a found
  _rushhour_names "$1" "\${words[@]}"
  compadd -- \${=2} "\${found[@]}"
}
_rushhour() {
  local command= word skip= at=1
  local -a offer
  for word in "\${words[@]:1:$((CURRENT - 2))}"; do
    if [[ -n $skip ]]; then skip=; continue; fi
    case "$command $word" in
      (${either(commandPlaces(specs))}) command="$command $word" at=1 ;;
      (${either(valuePlaces(specs))}) skip=1 ;;
      ("$command -"*) ;;
      (*) at=$((at + 1)) ;;
    esac
  done
  if [[ -n $skip ]]; then
    case "$command \${words[CURRENT-1]}" in
${specs.flatMap(writeValues).join('\n')}
    esac
    return
  fi
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
    const names = short === undefined ? [long] : [short, long];
    return [`      (${either(names.map((flag) => `${placeOf(path)} ${flag}`))}) ${offer(value)} ;;`];
  });
}

function writePlace(spec: CommandSpec, specs: readonly CommandSpec[]): string {
  const flags = spec.flags.map(({ long, description }) => described(long, description));
  const below = commandsBelow(specs, spec.path);
  const commands = below.map(({ path, summary }) => described(path.at(-1) ?? '', summary));
  const described1 = commands.length === 0 ? [] : [`offer=(${commands.join(' ')}); _describe command offer`];
  const positions = positionsOf(spec, specs).map(({ at, completes }) => {
    // Commands are shown with descriptions.
    const own =
      at === '1' && commands.length > 0
        ? [...described1, ...completes.slice(1).map(offer)]
        : completes.map(offer);
    return `\n        (${at}) ${own.join('; ')} ;;`;
  });
  return `    (${quoted(placeOf(spec.path))})
      if [[ $words[CURRENT] == -* ]]; then
        offer=(${flags.join(' ')}); _describe -o flag offer; return
      fi
      case $at in${positions.join('')}
        (${positions.some((text) => text.includes('(*)')) ? 'none' : '*'}) _files ;;
      esac ;;`;
}

/** A path is allowed wherever a name is. */
function offer(completes: Candidates): string {
  switch (completes.kind) {
    case 'words':
      return `compadd -- ${completes.words.join(' ')}`;
    case 'names':
      return `_rushhour_offer ${completes.of} '${completes.words.join(' ')}'; _files`;
    case 'files':
      return '_files';
  }
}

/** `name:description`, as required by _describe. */
function described(name: string, description: string): string {
  return quoted(`${name}:${description}`);
}

function either(texts: readonly string[]): string {
  return texts.map(quoted).join(' | ');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
