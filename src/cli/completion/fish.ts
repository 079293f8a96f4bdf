import {
  type Candidates,
  type CommandSpec,
  commandsBelow,
  type FlagSpec,
  type NameKind,
} from './describe.ts';
import { MOST_RUNS, NAMES_OF_RUNS } from './names.ts';
import { commandPlaces, placeOf, positionsOf, valuePlaces } from './patterns.ts';

/** For ~/.config/fish/completions/rushhour.fish. */
export function writeFish(specs: readonly CommandSpec[]): string {
  const lines = specs.flatMap((spec) => {
    const place = placeOf(spec.path);
    return [
      ...commandsBelow(specs, spec.path).map(
        ({ path, summary }) => `${begin(place, '1')} -a ${path.at(-1)} -d ${quoted(summary)}`,
      ),
      ...spec.flags.map((flag) => `${begin(place)}${writeFlag(flag)}`),
      ...positionsOf(spec, specs).flatMap(({ at, completes }) =>
        // Subcommands have been listed above, with descriptions.
        completes
          .filter((one) => spec.arguments.some((argument) => argument.completes === one))
          .map((one) => `${begin(place, at)} ${offered(one)}`),
      ),
      ...spec.arguments.flatMap(({ completes, variadic }, index) =>
        completes.kind === 'files' ? [`${begin(place, variadic ? '*' : String(index + 1))} -F`] : [],
      ),
    ];
  });
  return `# fish completion for rushhour
function __rushhour_at
    set -l command ''
    set -l at 1
    set -l skip ''
    for word in (commandline -opc)[2..-1]
        if test -n "$skip"
            set skip ''
            continue
        end
        switch "$command $word"
            case ${commandPlaces(specs).map(quoted).join(' ')}
                set command "$command $word"
                set at 1
            case ${valuePlaces(specs).map(quoted).join(' ')}
                set skip 1
            case "$command -*"
            case '*'
                set at (math $at + 1)
        end
    end
    test "$command" = "$argv[1]"; or return 1
    test (count $argv) -eq 1; or test "$argv[2]" = '*'; or test "$argv[2]" = $at
end
function __rushhour_scenarios
    for file in scenarios/*.yaml scenarios/*.yml
        string replace -r '^.*/' '' $file | string replace -r '\\.ya?ml$' ''
    end
end
function __rushhour_labs
    for file in /run/rushhour/labs/*.json
        string replace -r '^.*/(.*)\\.json$' '$1' $file
    end
end
function __rushhour_nights
    for file in /etc/systemd/system/rushhour-*.timer /etc/cron.d/rushhour-*
        string replace -r '^.*/rushhour-' '' $file | string replace -r '\\.timer$' ''
    end
end
function __rushhour_of_runs
    set -l dir results
    set -q RUSHHOUR_RESULTS; and set dir $RUSHHOUR_RESULTS
    set -l before ''
    for word in (commandline -opc)
        test "$before" = --results; and set dir $word
        string match -q -- '--results=*' $word; and set dir (string replace -- --results= '' $word)
        set before $word
    end
    string match -q '/*' $dir; or set dir ./$dir
    set -l runs $dir/*
    test (count $runs) -gt 0; or return
    awk -v what=$argv[1] ${quoted(NAMES_OF_RUNS)} $runs[-${MOST_RUNS}..-1] 2>/dev/null
end
function __rushhour_runs
    __rushhour_of_runs runs
end
function __rushhour_labels
    __rushhour_of_runs labels
end
complete -c rushhour -f
${lines.join('\n')}
`;
}

/** True if the command line has reached this command, no deeper one, and this argument. */
function begin(place: string, at?: string): string {
  const words = [place, ...(at === undefined ? [] : [at])].map((word) => `"${word}"`).join(' ');
  return `complete -c rushhour -n ${quoted(`__rushhour_at ${words}`)}`;
}

function writeFlag({ short, long, description, value }: FlagSpec): string {
  const names = `${short === undefined ? '' : ` -s ${short.slice(1)}`} -l ${long.slice(2)}`;
  const takes = value === undefined ? '' : ` ${isPath(value) ? '-r' : '-x'} ${offered(value)}`;
  return `${names}${takes} -d ${quoted(description)}`;
}

function isPath(value: Candidates): boolean {
  return value.kind === 'files' || (value.kind === 'names' && !NOT_FILES.has(value.of));
}

/** Kinds of names that are not paths. */
const NOT_FILES: ReadonlySet<NameKind> = new Set(['labels', 'labs', 'nights']);

function offered(completes: Candidates): string {
  switch (completes.kind) {
    case 'words':
      return `-a ${quoted(completes.words.join(' '))}`;
    case 'names':
      return `${NOT_FILES.has(completes.of) ? '' : '-F '}-a ${quoted([...completes.words, `(__rushhour_${completes.of})`].join(' '))}`;
    case 'files':
      return '-F';
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
