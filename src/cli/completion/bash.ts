import type { Candidates, CommandSpec } from './describe.ts';
import { SHELL_FUNCTIONS } from './names.ts';
import { commandPlaces, placeOf, positionsOf, valuePlaces } from './patterns.ts';

/** For `source <(rushhour completion bash)`. Without candidates, readline completes file names. */
export function writeBash(specs: readonly CommandSpec[]): string {
  return `# bash completion for rushhour
${SHELL_FUNCTIONS}_rushhour_offer() {
  local typed=$cur name
  case $cur in
    [\\"\\']*) typed=\${cur:1} ;;
    *) typed=\${cur//\\\\/} ;;
  esac
  for name in $2; do
    [[ $name != "$typed"* ]] || COMPREPLY+=("$name")
  done
  [[ -n $1 ]] || return
  local -a found=()
  _rushhour_names "$1" "\${COMP_WORDS[@]}"
  for name in "\${found[@]}"; do
    [[ $name == "$typed"* ]] || continue
    [[ $cur == [\\"\\']* ]] || printf -v name %q "$name"
    COMPREPLY+=("$name")
  done
}
_rushhour() {
  local cur=\${COMP_WORDS[COMP_CWORD]} command= word i skip= at=1
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ -n $skip ]]; then skip=; continue; fi
    case "$command $word" in
      ${either(commandPlaces(specs))}) command="$command $word" at=1 ;;
      ${either(valuePlaces(specs))}) skip=1 ;;
      "$command -"*) ;;
      *) at=$((at + 1)) ;;
    esac
  done
  if [[ -n $skip ]]; then
    case "$command \${COMP_WORDS[COMP_CWORD-1]}" in
${specs.flatMap(writeValues).join('\n')}
    esac
    return
  fi
  case "$command" in
${specs.map((spec) => writePlace(spec, specs)).join('\n')}
  esac
}
complete -o default -F _rushhour rushhour
`;
}

/** Candidates for the value of a flag. */
function writeValues({ path, flags }: CommandSpec): string[] {
  return flags.flatMap(({ short, long, value }) => {
    if (value === undefined || value.kind === 'files') return [];
    const names = short === undefined ? [long] : [short, long];
    const places = names.map((flag) => `${placeOf(path)} ${flag}`);
    return [`      ${either(places)}) ${offer(value)} ;;`];
  });
}

/** Candidates where no flag expects a value. */
function writePlace(spec: CommandSpec, specs: readonly CommandSpec[]): string {
  const flags = spec.flags.flatMap(({ short, long }) => (short === undefined ? [long] : [short, long]));
  const positions = positionsOf(spec, specs).map(
    ({ at, completes }) => `\n        ${at}) ${completes.map(offer).join('; ')} ;;`,
  );
  return `    ${quoted(placeOf(spec.path))})
      if [[ $cur == -* ]]; then ${offer({ kind: 'words', words: flags })}; return; fi
      case $at in${positions.join('')}
      esac ;;`;
}

function offer(completes: Candidates): string {
  switch (completes.kind) {
    case 'words':
      return `_rushhour_offer '' '${completes.words.join(' ')}'`;
    case 'names':
      return `_rushhour_offer ${completes.of} '${completes.words.join(' ')}'`;
    case 'files':
      return ':';
  }
}

function either(texts: readonly string[]): string {
  return texts.map(quoted).join(' | ');
}

function quoted(text: string): string {
  return `'${text}'`;
}
