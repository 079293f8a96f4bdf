// Reads vitest's JSON report of a suite run under qemu-user, and tells the failures that are the emulator's own, by
// qemu-limits.json, from those that are rushhour's: node judge.mjs NAME REPORT LIMITS. Exit code 1 for the latter.
import { readFileSync } from 'node:fs';

const [name, reportPath, limitsPath] = process.argv.slice(2);
const report = JSON.parse(readFileSync(reportPath, 'utf8'));
const limits = JSON.parse(readFileSync(limitsPath, 'utf8'));

const tests = report.testResults.flatMap(({ assertionResults }) =>
  assertionResults.map(({ status, title, ancestorTitles, failureMessages }) => ({
    status,
    title: [...ancestorTitles, title].join(' > '),
    message: failureMessages?.[0]?.split('\n')[0] ?? '',
  })),
);
// A file that does not load has no test to fail.
const broken = report.testResults.filter(
  ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
);

const limitOf = ({ title }) => limits.find((limit) => title.includes(limit.title));
const failures = tests.filter(({ status }) => status === 'failed');
const own = failures.filter((test) => limitOf(test) === undefined);
const passed = tests.filter(({ status }) => status === 'passed');
const skipped = tests.length - passed.length - failures.length;

const say = (line) => process.stdout.write(`${line}\n`);
for (const limit of limits) {
  const hit = failures.filter((test) => limitOf(test) === limit);
  if (hit.length > 0) say(`  ${hit.length} cannot pass under qemu: ${limit.title}: ${limit.reason}`);
  const cured = passed.filter((test) => limitOf(test) === limit);
  if (cured.length > 0) say(`  ${cured.length} pass that qemu-limits.json says cannot: ${limit.title}`);
}
for (const { title, message } of own) say(`  FAILED ${title}: ${message}`);
for (const { name: file, message } of broken) say(`  FAILED ${file}: ${message}`);

const failed = own.length + broken.length;
const qemus = failures.length - own.length;
say(
  `${name}: ${passed.length} passed, ${failed} failed, ${qemus} cannot pass under qemu, ${skipped} skipped`,
);
process.exitCode = failed === 0 && passed.length > 0 ? 0 : 1;
