import { relative } from 'node:path';
import type { SerializedError } from 'vitest';
import type { Reporter, TestCase, TestModule, TestSuite, Vitest } from 'vitest/node';
import type {} from './note-processor-time.ts';
import './suite-needing.ts';

/** A suite or test that did not run, and why. */
interface Skipped {
  readonly name: string;
  readonly reason: string | undefined;
  readonly tests: number;
}

/** Files that are named as the slowest. */
const MOST_SLOW = 10;

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * Ends a run with the slowest files, the suites that were skipped and the tests that failed, by name and with why, and one line of counts:
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
    const slowest = listSlowest(modules, this.#root);
    if (slowest.length > 0) process.stdout.write(`Slowest files:\n${slowest.join('\n')}\n\n`);
    if (lines.length > 0) process.stdout.write(`Skipped:\n${lines.join('\n')}\n\n`);
    const failed = modules.flatMap((module) => listFailed(module, relative(this.#root, module.moduleId)));
    // Once more at the very end: whoever sees only the last lines of a log has to know which they were.
    if (failed.length > 0) process.stdout.write(`Failed:\n${failed.join('\n')}\n\n`);
    process.stdout.write(`${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped\n`);
  }
}

/** The files that took longest, with the time that passed and, where it is known, that of processors, in seconds. */
function listSlowest(modules: readonly TestModule[], root: string): string[] {
  const timed = modules.map((module) => {
    const { collectDuration, setupDuration, duration } = module.diagnostic();
    return { module, sec: (collectDuration + setupDuration + duration) / 1_000 };
  });
  timed.sort((a, b) => b.sec - a.sec);
  return timed.slice(0, MOST_SLOW).map(({ module, sec }) => {
    const { processorSec } = module.meta();
    const processor = processorSec === undefined ? '' : `, ${processorSec.toFixed(1)} s of processor time`;
    return `  ${relative(root, module.moduleId)}: ${sec.toFixed(1)} s${processor}`;
  });
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
