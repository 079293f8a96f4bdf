/** Imports go one way (docs/architecture.md): house/rooms.cjs has each arrow with its reason; the other rules say theirs. */
const { ROOMS, PURE } = require('./house/rooms.cjs');

const rooms = (names) => `^src/(${names.join('|')})/`;
const only = ([room, may]) => ({
  name: `${room}-imports-only-below`,
  comment: `See house/rooms.cjs: ${room} may import ${Object.keys(may).join(', ') || 'no other room'}.`,
  severity: 'error',
  from: { path: rooms([room]) },
  to: {
    path: '^src/',
    pathNot: `^src/((${[room, ...Object.keys(may)].join('|')})(/|\\.ts$)|(bounded-file|epoch-ms|errors|leave|optional|places|process-group|random|timed-command|variable)\\.ts$)`,
  },
});

module.exports = {
  forbidden: [
    ...Object.entries(ROOMS).map(only),
    {
      name: 'every-room-has-a-rule',
      comment: 'A new room gets its line in house/rooms.cjs.',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: rooms(Object.keys(ROOMS)) },
      to: {},
    },
    {
      name: 'engines-apart',
      comment:
        'They share engine/http and engine/auth; all else is written twice, so that the contract suite holds one against the other.',
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
      from: { path: rooms(PURE) },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(os|util)$' },
    },
    {
      name: 'no-cycles',
      comment: 'A cycle is one room pretending to be two.',
      severity: 'error',
      from: {},
      to: { circular: true },
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
