import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Engines under test in child processes and network namespaces run from dist/.
    globalSetup: ['./test/support/build.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Tests that drive load share two cores with their peers: one file at a time keeps their figures their own.
    fileParallelism: false,
    reporters: ['default', './test/support/closing-line.ts'],
  },
});
