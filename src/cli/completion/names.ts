/** What grep looks for in run.json and notes.json: their own fields stand behind two blanks. Twice a file at most. */
export const GREP_FIELDS = `grep -HEm 2 '^  "(id|label)": "'`;

/**
 * For awk, behind grep: ids and labels of run.json and, as they count instead, labels of notes.json, which come last. A
 * label that JSON has to escape is left out. No single quote: scripts quote it by them.
 */
export const NAMES_OF_RUNS = `match($0, /\\/(run|notes)\\.json:  "(id|label)": "/) {
  dir = substr($0, 1, RSTART - 1); field = substr($0, RSTART, RLENGTH); value = substr($0, RSTART + RLENGTH)
  sub(/",?\\r?$/, "", value)
  if (value ~ /\\\\/) value = ""
  if (!(dir in label)) { runs[++count] = dir; label[dir] = "" }
  if (field ~ /"id"/) id[dir] = value; else label[dir] = value
}
END {
  for (i = 1; i <= count; i++) {
    dir = runs[i]
    if (what == "runs" && id[dir] != "") print id[dir]
    if (label[dir] != "" && !told[label[dir]]++) print label[dir]
  }
}`;

/** Where labs that are up have their state: src/lab/state.ts; root alone may look. */
const LABS = '/run/rushhour/labs';

/**
 * For bash and zsh: puts the names of one kind into the caller's array `found`. Nothing but grep and awk is started, and
 * those for runs alone: Node would take longer to start than anybody waits for a key.
 */
export const SHELL_FUNCTIONS = `_rushhour_files() {
  local file prefix=$1
  shift
  for file in "$@"; do
    [[ -e $file ]] || continue
    file=\${file##*/}
    file=\${file%.*}
    found+=("\${file#$prefix}")
  done
}
_rushhour_names() {
  [[ -z \${ZSH_VERSION-} ]] || setopt local_options null_glob
  local what=$1 dir=\${RUSHHOUR_RESULTS:-results} name
  local -a files
  shift
  case $what in
    scenarios) _rushhour_files '' scenarios/*.yaml scenarios/*.yml ;;
    labs) _rushhour_files '' ${LABS}/*.json ;;
    nights) _rushhour_files rushhour- /etc/systemd/system/rushhour-*.timer /etc/cron.d/rushhour-* ;;
    runs | labels)
      while (( $# > 0 )); do
        case $1 in
          --results) if [[ \${2-} == = ]]; then dir=\${3-}; else dir=\${2-}; fi ;;
          --results=*) dir=\${1#--results=} ;;
        esac
        shift
      done
      case $dir in
        /*) ;;
        '~/'*) dir=$HOME/\${dir#??} ;;
        *) dir=./$dir ;;
      esac
      set -- "$dir"/*/run.json
      [[ -e \${1-} ]] || return 0
      files=("$@")
      set -- "$dir"/*/notes.json
      [[ -e \${1-} ]] || set --
      while IFS= read -r name; do
        found+=("$name")
      done < <(${GREP_FIELDS} "\${files[@]}" "$@" 2>/dev/null | awk -v what="$what" '${NAMES_OF_RUNS}') ;;
  esac
}
`;
