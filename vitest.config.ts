import { defineConfig } from 'vitest/config';

/** These wait for timers, of a firewall or of their own, more than they load anything, each with peers of its own. */
const WAITING = [
  ...['defences', 'experiment', 'findings', 'handshakes', 'loss', 'pools', 'reuse', 'sweep'].map(
    (name) => `test/lab/${name}.test.ts`,
  ),
  ...['capacity', 'paths', 'timewait'].map((name) => `test/lab/presets/${name}.test.ts`),
  ...['experiment', 'negotiate-faults', 'sinks', 'soak'].map((name) => `test/e2e/${name}.test.ts`),
  'test/soak/faults/**/*.test.ts',
  'test/soak/watch/machine.test.ts',
];

export default defineConfig({
  test: {
    // Engines under test in child processes and network namespaces run from dist/.
    globalSetup: ['./test/support/build.ts'],
    reporters: ['default', './test/support/closing-line.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'one by one',
          include: ['test/**/*.test.ts'],
          exclude: WAITING,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // Tests that drive load share two cores with their peers: one file at a time keeps their figures their own.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'side by side',
          include: WAITING,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
