import type { Command } from 'commander';
import { expect, it } from 'vitest';
import { fleetDir } from '../../src/cli/flags/fleet-options.ts';
import { resultsDir } from '../../src/cli/flags/run-options.ts';
import { createProgram } from '../../src/cli/program.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import { createFakeHost } from './fake-host.ts';
import { createFakeRun } from './fake-services.ts';

interface PathOption {
  readonly command: string;
  readonly flag: string;
}

/** Every option that names a folder or a file, of every command. */
async function listPathOptions(): Promise<PathOption[]> {
  const { services } = createFakeRun();
  const program = await createProgram({
    ...{ host: createFakeHost(), services, args: ['manual'] },
    act: () => async () => {},
  });
  const walk = (command: Command, path: readonly string[]): PathOption[] => [
    ...command.options
      .filter(({ flags }) => /(dir|file)[^ ]*$/i.test(flags))
      .map(({ long }) => ({ command: path.join(' '), flag: long! })),
    ...command.commands.flatMap((each) => walk(each, [...path, each.name()])),
  ];
  return walk(program, []);
}

it('takes no empty path for the working folder, whatever it is to name', async () => {
  const options = await listPathOptions();
  expect(options).toContainEqual({ command: 'run', flag: '--results' });
  expect(options).toContainEqual({ command: 'probe', flag: '--state' });
  expect(options).toContainEqual({ command: 'fleet up', flag: '--fleet' });
  expect(options.length).toBeGreaterThan(30);
  for (const { command, flag } of options) {
    const host = createFakeHost();
    const exitCode = await runCli([...command.split(' '), flag, ''], host, createFakeRun().services);
    expect(host.stderr.text, `${command} ${flag}`).toMatch(
      /argument '' is invalid\. It names no (folder|file)\./,
    );
    expect(exitCode).toBe(2);
  }
});

it('takes an empty variable as one that is not set', () => {
  const host = createFakeHost({ cwd: '/here', env: { RUSHHOUR_RESULTS: '', RUSHHOUR_FLEET: '' } });
  expect(resultsDir(host, undefined)).toBe('/here/results');
  expect(fleetDir(host, undefined)).toBe('/here/fleet');
});
