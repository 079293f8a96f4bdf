import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CAUSES } from '../../src/analysis/causes/index.ts';
import type { Cause } from '../../src/analysis/causes/types.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import { createFakeHost } from './fake-host.ts';
import { createFakeRun } from './fake-services.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rushhour-cli-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** What stands for what a reader fills in. */
const FILLED: readonly (readonly [RegExp, string])[] = [
  [/PROXY:PORT/, '10.0.0.5:3128'],
  [/FARHOST:PORT/, '10.0.0.9:4000'],
  [/\bURL\b/, 'http://10.0.0.9/'],
  [/(?:HOST|ADDRESS):(?:ANOTHER_)?PORT2?\b/g, '10.0.0.9:443'],
  [/\bSCENARIO\b/, 'steady'],
  [/\bLOWER_RATE\b/, '5/s'],
];
const PROXY = ['--proxy', '10.0.0.5:3128'];
const TARGET = ['--target', 'http://10.0.0.9/'];

/** The words of a command; quotes hold some together. */
function split(command: string): string[] {
  const filled = FILLED.reduce((text, [what, by]) => text.replace(what, by), command);
  return [...filled.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '');
}

const commands = [
  ...new Set(
    (CAUSES as readonly Cause[]).flatMap(({ decidedBy }) => decidedBy.flatMap((one) => one.command ?? [])),
  ),
].filter((command) => command.startsWith('rushhour run '));

describe('a command that would decide between causes', () => {
  it.each(commands)('is one that can be typed: %s', async (command) => {
    const [, ...args] = split(command);
    const isOpen = args.at(-1) === '...';
    const given = isOpen ? args.slice(0, -1) : args;
    const isDirect = given.join(' ').includes('--via direct');
    const connects = given.includes('table-capacity');
    const target = connects ? [] : TARGET;
    const rest = isOpen ? [...(isDirect ? [] : PROXY), ...target] : [];
    const host = createFakeHost({ cwd: dir, home: dir });
    const exitCode = await runCli([...given, ...rest, '--dry-run'], host, createFakeRun({}).services);
    // What this machine lacks is another matter.
    expect({ isUsable: exitCode !== 2 && exitCode !== 1, err: host.stderr.text }).toMatchObject({
      isUsable: true,
    });
  });

  it('is there for most causes', () => {
    expect(commands.length).toBeGreaterThan(10);
  });
});
