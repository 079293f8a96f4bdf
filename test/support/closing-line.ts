import { relative } from 'node:path';
import type { SerializedError } from 'vitest';
import type { Reporter, TestCase, TestModule, TestSuite, Vitest } from 'vitest/node';
import './suite-needing.ts';

/** A suite or test that did not run, and why. */
interface Skipped {
  readonly name: string;
  readonly reason: string | undefined;
  readonly tests: number;
}

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * Ends a run with the suites that were skipped and the tests that failed, by name and with why, and one line of counts:
 * `N passed, N failed, N skipped`. What broke outside a test (a file that does not load, a hook, a stray rejection)
 * counts as one failure each, so that no run with a fault reads `0 failed`.
 */
export default class ClosingLine implements Reporter {
  #root = process.cwd();
  /** With -t most tests are skipped on purpose: only reasons are worth a line then. */
  #filtered = false;

  onInit(vitest: Vitest): void {
    this.#root = vitest.config.root;
    this.#filtered = vitest.config.testNamePattern !== undefined;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const tally: Tally = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) count(module, tally);
    const skipped = modules
      .flatMap((module) => listSkipped(module, relative(this.#root, module.moduleId)))
      .filter(({ reason }) => reason !== undefined || !this.#filtered);
    const lines = skipped.map(
      ({ name, reason, tests }) =>
        `  ${name} (${tests} ${tests === 1 ? 'test' : 'tests'}): ${reason ?? 'no reason given'}`,
    );
    if (lines.length > 0) process.stdout.write(`Skipped:\n${lines.join('\n')}\n\n`);
    const failed = modules.flatMap((module) => listFailed(module, relative(this.#root, module.moduleId)));
    // Once more at the very end: whoever sees only the last lines of a log has to know which they were.
    if (failed.length > 0) process.stdout.write(`Failed:\n${failed.join('\n')}\n\n`);
    process.stdout.write(`${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped\n`);
  }
}

/** Adds up what is under a suite. A test left pending was cut short: it proved nothing, so it failed. */
function count(suite: TestModule | TestSuite, tally: Tally): void {
  tally.failed += suite.errors().length;
  for (const child of suite.children) {
    if (child.type === 'suite') count(child, tally);
    else {
      const { state } = child.result();
      tally[state === 'pending' ? 'failed' : state] += 1;
    }
  }
}

/** Each failed test, and each file or suite that broke outside of one, with the first line of why. */
function listFailed(module: TestModule, path: string): string[] {
  const broken = [module, ...module.children.allSuites()].flatMap((suite) =>
    suite.errors().map(({ message }) => `  ${path}: ${firstLine(message)}`),
  );
  const tests = [...module.children.allTests()].flatMap((test) => {
    const { state, errors = [] } = test.result();
    if (state === 'passed' || state === 'skipped') return [];
    return [`  ${path} > ${test.fullName}: ${firstLine(errors[0]?.message ?? 'cut short')}`];
  });
  return [...broken, ...tests];
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]!;
}

/** The outermost skipped suites and tests below a suite. */
function listSkipped(suite: TestModule | TestSuite, path: string): Skipped[] {
  return suite.children.array().flatMap((child) => {
    const name = `${path} > ${child.name}`;
    if (child.type === 'test') {
      return child.result().state === 'skipped' ? [{ name, reason: reasonOf(child), tests: 1 }] : [];
    }
    const tests = [...child.children.allTests()];
    const reason = child.meta().skipReason;
    const allSkipped = tests.length > 0 && tests.every((test) => test.result().state === 'skipped');
    return allSkipped && reason !== undefined
      ? [{ name, reason, tests: tests.length }]
      : listSkipped(child, name);
  });
}

/** Given to `suiteNeeding`, or to `context.skip(reason)`. */
function reasonOf(test: TestCase): string | undefined {
  const result = test.result();
  return test.meta().skipReason ?? (result.state === 'skipped' ? result.note : undefined);
}
