import { defineConfig } from 'vitest/config';

/** These wait for timers of a firewall more than they load anything. */
const WAITING = ['sweep', 'pools', 'defences', 'reuse', 'loss'].map((name) => `test/lab/${name}.test.ts`);

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
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
