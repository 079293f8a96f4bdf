import { defineConfig } from 'vitest/config';

/** These reckon, or write to folders of their own: neither the time nor anybody else is in it. */
const RECKONING = [
  'analysis',
  'doctor',
  'metrics',
  'outcome',
  'plan',
  'read',
  'render',
  'scenario',
  'store',
].map((room) => `test/${room}/**/*.test.ts`);

/** These wait for timers, of a firewall or of their own, more than they load anything, each with peers of its own. */
const WAITING = [
  ...['defences', 'experiment', 'findings', 'handshakes', 'holds', 'loss', 'pools', 'reuse', 'sweep'].map(
    (name) => `test/lab/${name}.test.ts`,
  ),
  ...['capacity', 'paths', 'timewait'].map((name) => `test/lab/presets/${name}.test.ts`),
  ...['experiment', 'negotiate-faults', 'sinks', 'soak'].map((name) => `test/e2e/${name}.test.ts`),
  'test/session/faults/**/*.test.ts',
  'test/session/host/machine.test.ts',
];

/** These replace modules, measure the memory of their process, or lead its Kerberos library to a KDC of their own. */
const APART = [
  'test/contract/without-libc.test.ts',
  ...['cli/sinks-fail', 'engine/auth/kerberos', 'net/load', 'net/memory'].map(
    (name) => `test/${name}.test.ts`,
  ),
  ...['given-up', 'resume-fails', 'segments'].map((name) => `test/session/${name}.test.ts`),
  ...['browsers', 'negotiate'].map((name) => `test/e2e/${name}.test.ts`),
];

/** What takes longer hangs: three times what a machine that others keep busy has needed, Chromium's tests the most. */
const LONGEST_MS = 180_000;

/** One group of files after the other. */
function project(name: string, groupOrder: number, files: { include: string[]; exclude?: string[] }) {
  return { name, ...files, testTimeout: LONGEST_MS, hookTimeout: LONGEST_MS, sequence: { groupOrder } };
}

export default defineConfig({
  test: {
    // 700 files of src/ are transformed once, not for each project of each run.
    experimental: { fsModuleCache: true, fsModuleCachePath: 'node_modules/.cache/rushhour/vitest' },
    // Many read histograms of a megabyte, with a young generation of 16 MB a third of their time goes into collecting it.
    execArgv: ['--max-semi-space-size=64'],
    // Engines under test in child processes and network namespaces run from dist/.
    globalSetup: ['./test/support/build.ts'],
    setupFiles: ['./test/support/note-processor-time.ts'],
    reporters: ['default', './test/support/closing-line.ts'],
    projects: [
      {
        extends: true,
        test: {
          ...project('reckoning', 0, { include: RECKONING }),
          maxWorkers: 2,
          // A process of its own for each file takes longer to start and to load than most of these take to reckon: they
          // share two, and leave nothing behind in them.
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          ...project('one by one', 1, {
            include: ['test/**/*.test.ts'],
            exclude: [...RECKONING, ...WAITING, ...APART],
          }),
          // Tests that drive load share two cores with their peers: one file at a time keeps their figures their own.
          fileParallelism: false,
          isolate: false,
        },
      },
      {
        extends: true,
        test: { ...project('apart', 2, { include: APART }), fileParallelism: false },
      },
      {
        extends: true,
        test: { ...project('side by side', 3, { include: WAITING }), maxWorkers: 3, isolate: false },
      },
    ],
  },
});
