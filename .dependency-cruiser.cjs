/** Imports go one way (docs/architecture.md); each rule says why it is there. */
const rooms = (...names) => `^src/(${names.join('|')})/`;
const only = (room, allowed, comment) => ({
  name: `${room}-imports-only-below`,
  comment,
  severity: 'error',
  from: { path: rooms(room) },
  to: {
    path: '^src/',
    pathNot: `^src/((${[room, ...allowed].join('|')})(/|\\.ts$)|(errors|optional|random)\\.ts$)`,
  },
});

module.exports = {
  forbidden: [
    only('scenario', ['outcome'], 'A scenario is plain data, and names outcomes; anything may read it.'),
    only('pac', ['scenario'], 'What a script of the site says is read before a run; it knows of none.'),
    only('outcome', [], 'Outcomes are told from facts alone, so that both engines agree.'),
    only('plan', ['scenario'], 'Scheduling is a pure function of time and counts.'),
    only(
      'net',
      ['outcome', 'scenario'],
      'The kernel by FFI, for engines, doctor and evidence; it knows none of them.',
    ),
    only(
      'engine',
      ['net', 'outcome', 'scenario'],
      'An engine opens connections; it neither schedules nor counts.',
    ),
    only(
      'metrics',
      ['outcome', 'scenario', 'net', 'engine'],
      'Counting needs only the record type of engines.',
    ),
    only(
      'worker',
      ['engine', 'net', 'plan', 'metrics', 'outcome', 'scenario'],
      'A shard runs the same in a thread and on another machine.',
    ),
    only(
      'analysis',
      ['metrics', 'outcome', 'scenario', 'engine/names'],
      'Data in, verdict out: any folder of results can be read anywhere.',
    ),
    only(
      'store',
      ['metrics', 'scenario', 'outcome', 'engine/names'],
      'The only code that writes results/ knows files and their shapes, and not what they mean.',
    ),
    only(
      'read',
      ['store', 'analysis', 'metrics', 'scenario', 'outcome'],
      'What a folder of results means: every command after a run reads it here, and so does its own end.',
    ),
    only(
      'experiment',
      ['session', 'read', 'store', 'plan', 'scenario'],
      'An experiment orders runs; who makes and shows each is above.',
    ),
    only(
      'render',
      [
        'analysis',
        'metrics',
        'outcome',
        'scenario',
        'session/types',
        'doctor/types',
        'doctor/fix/types',
        'read/(listing|choose-pruning)',
        'store/experiment-file',
      ],
      'The core emits, render words it.',
    ),
    only(
      'sinks',
      [
        'metrics',
        'engine/names',
        'render/(line-protocol|metric-names)',
        'store/(files|json-file|process-mark|append-file|lock)',
      ],
      'A sink is handed seconds; it knows of no run and asks for nothing.',
    ),
    only(
      'session',
      [
        'read',
        'store',
        'analysis',
        'metrics',
        'worker',
        'plan',
        'engine',
        'net',
        'pac',
        'doctor',
        'lab/far-end',
        'scenario',
        'outcome',
      ],
      'What makes a run or a night and keeps it; who shows it is above.',
    ),
    only(
      'service',
      ['session/load', 'read', 'store', 'net', 'engine/names', 'scenario'],
      'Units are text about a command line; nothing in them knows what it does.',
    ),
    only(
      'serve',
      ['read', 'store', 'analysis', 'render', 'metrics', 'scenario', 'outcome'],
      'Pages show folders of results, as every command after a run does.',
    ),
    only(
      'doctor',
      ['scenario', 'net', 'engine/auth', 'store/json-file'],
      'What the machine offers is asked before a run, and outlives it in run.json. Whether a ticket is good, Kerberos alone can tell. Former values are written as results are: whole or not at all.',
    ),
    only(
      'lab',
      ['scenario'],
      'The lab shares no code with the engines it tests, or it would share their faults.',
    ),
    {
      name: 'engines-apart',
      comment: 'Two engines that share code share faults: the contract suite would prove nothing.',
      severity: 'error',
      from: { path: '^src/engine/(raw|portable)/' },
      to: { path: '^src/engine/(raw|portable)/', pathNot: '^src/engine/$1/' },
    },
    {
      name: 'ffi-in-one-place',
      comment:
        'A wrong FFI declaration crashes the process: all of them stand in one folder to be reviewed together.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/net/' },
      to: { path: 'node_modules/(koffi|@koromix)/' },
    },
    {
      name: 'pure-rooms',
      comment: 'Pure rooms touch no file, clock, network or thread, so that their tests need none.',
      severity: 'error',
      from: { path: rooms('plan', 'outcome', 'analysis', 'render') },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(os|util)$' },
    },
    {
      name: 'cli-on-top',
      comment: 'Nothing below knows that there is a command line.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'no-cycles',
      comment: 'A cycle is one room pretending to be two.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-orphans',
      comment: 'A file that nothing imports is dead.',
      severity: 'error',
      from: { orphan: true, pathNot: ['^src/worker/task\\.ts$', '\\.d\\.ts$'] },
      to: {},
    },
    {
      name: 'declared-dependencies',
      comment: 'What src imports must be installed with it.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.mjs', '.json'],
      // Packages that have no "main", as Node finds them.
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
};
