/** Number of runs to read, newest first: each costs opening a file, and folders sort by age. */
export const MOST_RUNS = 1_000;

/**
 * For awk, with folders as arguments: the ids and labels of the runs in them; a label given later replaces the first.
 * Each file is read up to its own fields, which are indented by two blanks. A label that JSON has to escape is
 * omitted. Contains no single quote, because scripts quote it with them.
 */
export const NAMES_OF_RUNS = `function look(file, most,   line, key) {
  split("", found)
  while (most > 0 && (getline line < file) > 0) {
    if (line !~ /^  "(id|label)": "/) continue
    most--
    key = substr(line, 4, 2)
    sub(/^[^:]*: "/, "", line); sub(/",?\\r?$/, "", line)
    found[key] = line ~ /\\\\/ ? "" : line
  }
  close(file)
}
BEGIN {
  for (i = 1; i < ARGC; i++) {
    look(ARGV[i] "/run.json", 2)
    if (!("id" in found)) continue
    if (what == "runs" && found["id"] != "") print found["id"]
    label = found["la"]
    look(ARGV[i] "/notes.json", 1)
    if ("la" in found) label = found["la"]
    if (label != "" && !told[label]++) print label
  }
}`;

/** Folder with the state of labs that are up, see src/lab/state.ts; readable by root only. */
const LABS = '/run/rushhour/labs';

/**
 * For bash and zsh: adds the names of one kind to the caller's array `found`. It starts a single awk, and only for
 * runs, because Node would take noticeably long to start. The output is read at once, because both shells read lines
 * from a pipe byte by byte.
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
  local what=$1 dir=\${RUSHHOUR_RESULTS:-results}
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
      set -- "$dir"/*
      [[ -e \${1-} ]] || return 0
      (( $# <= ${MOST_RUNS} )) || shift $(( $# - ${MOST_RUNS} ))
      local IFS=$'\\n' globs=
      [[ -n \${ZSH_VERSION-} || $- == *f* ]] || globs=1
      [[ -z $globs ]] || set -f
      found+=($(awk -v what="$what" '${NAMES_OF_RUNS}' "$@" 2>/dev/null))
      [[ -z $globs ]] || set +f ;;
  esac
}
`;
