import type { Command, Option } from 'commander';

/** What each command has to be given so that it has something to do; without it here, a new one is not covered. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  ...{ run: ['quickstart'], hit: ['http://127.0.0.1:9/'], scenarios: [], schema: [], doctor: [] },
  ...{ results: [], 'results show': ['done'], 'results prune': ['--keep', '1'], trend: ['done,done too'] },
  ...{ compare: ['done', 'done too'], experiment: ['quickstart', '--a', 'touch /a', '--b', 'touch /b'] },
  ...{ soak: ['quickstart', '--for', '1m'], completion: ['bash'], manual: [], 'lab list': [], help: [] },
  'soak install': ['quickstart', '--at', '01:30', '--for', '5h'],
  pcap: ['one.pcap'],
  diagnose: ['done'],
  'soak status': [],
  'soak uninstall': [],
};

/** Commands that are there to do something. All others only tell, and have to keep to it. */
const DOERS = [
  ...['run', 'hit', 'results label', 'results note', 'results prune', 'report', 'experiment', 'export'],
  ...[
    'evidence',
    'soak',
    'soak install',
    'soak uninstall',
    'serve',
    'peer',
    'probe',
    'fleet up',
    'fleet enroll',
    'fleet revoke',
    'fleet ls',
    'fleet run',
    'fleet follow',
    'fleet stop',
    'fleet pull',
    'fleet rm',
    'fleet soak install',
    'fleet soak ls',
    'fleet soak remove',
    'lab up',
    'lab switch',
    'lab exec',
    'lab run',
    'lab down',
  ],
];

/** Flags that only change how something is told, tried as well. */
const TELLING = ['--json', '--names', '--markdown', '--all'];

const PROMISE =
  /\b(do|does|change|changes|remove|removes|write|writes|send|sends) nothing\b|nothing is (changed|done|removed|sent|written)/;

export interface Promised {
  readonly args: readonly string[];
  /** The flag, or `-` where the command itself promises. */
  readonly by: string;
}

/** Every command line that promises to change nothing, from the commands' own definitions. */
export function listPromises(program: Command, path: readonly string[] = []): Promised[] {
  const name = path.join(' ');
  const own = path.length === 0 || GROUPS.includes(name) ? [] : promisesOf(program, name, path);
  return [...own, ...program.commands.flatMap((below) => listPromises(below, [...path, below.name()]))];
}

/** They have commands, and do nothing themselves. */
const GROUPS = ['lab', 'fleet', 'fleet soak'];

function promisesOf({ options }: Command, name: string, path: readonly string[]): Promised[] {
  const isTeller = !DOERS.includes(name);
  const flags = options.filter(promises).flatMap(({ long }) => long ?? []);
  if (!isTeller && flags.length === 0) return [];
  const given = ARGUMENTS[name];
  if (given === undefined)
    throw new Error(`say in command-lines.ts how "${name}" is called, or that it does something`);
  const telling = options.flatMap(({ long = '' }) => (TELLING.includes(long ?? '') ? [long ?? ''] : []));
  return [
    ...(isTeller ? ['-', ...telling] : []).map((by) => ({
      by,
      args: [...path, ...given, ...(by === '-' ? [] : [by])],
    })),
    ...flags.map((by) => ({ by, args: [...path, ...given, by] })),
  ];
}

export function promises({ long, description }: Option): boolean {
  return long === '--dry-run' || PROMISE.test(description);
}
