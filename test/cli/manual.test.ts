import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';
import { describeCommands } from '../../src/cli/completion/describe.ts';
import { writeCompletion } from '../../src/cli/completion/write.ts';
import { writeManual } from '../../src/cli/manual/write.ts';
import { createProgram } from '../../src/cli/program.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { createFakeHost } from './fake-host.ts';
import { createFakeRun } from './fake-services.ts';

const KNOWN = { scenarios: ['steady'], presets: ['healthy'] };
const FACTS = { version: '9.8.7', date: '2026-01-31' };

function newProgram() {
  const { services } = createFakeRun();
  return createProgram({ host: createFakeHost(), services, args: ['manual'], act: () => async () => {} });
}

let page: string;
beforeAll(async () => {
  const host = createFakeHost({ env: { SOURCE_DATE_EPOCH: '1769817600' } });
  expect(await runCli(['manual'], host, createFakeRun().services)).toBe(0);
  page = host.stdout.text;
});

describe('the manual page', () => {
  it('tells the day that a package was made, and nothing of today', async () => {
    expect(page).toMatch(/^\.TH RUSHHOUR 1 "2026-01-31" "rushhour \d+\.\d+\.\d+" "User Commands"\n/);
    expect(writeManual(describeCommands(await newProgram(), KNOWN), { ...FACTS, date: '' })).toContain(
      '.TH RUSHHOUR 1 "" ',
    );
  });

  it('has every command, flag and example that there is', async () => {
    const specs = describeCommands(await newProgram(), KNOWN);
    expect(specs.length).toBeGreaterThan(25);
    for (const { path, flags } of specs) {
      expect(page).toContain(['rushhour', ...path].join(' ').replaceAll('-', '\\-'));
      for (const { long } of flags) expect(page).toContain(long.replaceAll('-', '\\-'));
    }
    expect(page).toContain('\n  rushhour soak steady ... \\-\\-for 5h');
  });

  it('and every completion have a flag as soon as a command has it', async () => {
    const before = await newProgram();
    const after = await newProgram();
    const lab = after.commands.find((command) => command.name() === 'lab');
    lab?.commands
      .find((command) => command.name() === 'up')
      ?.option('--brand-new <thing>', 'does what nothing did before');
    const written = (program: typeof before) => {
      const specs = describeCommands(program, KNOWN);
      return [
        writeManual(specs, FACTS).replaceAll('\\-', '-'),
        ...(['bash', 'zsh', 'fish'] as const).map((shell) => writeCompletion(shell, specs)),
      ];
    };
    for (const text of written(before)) expect(text).not.toContain('brand-new');
    for (const text of written(after)) expect(text).toContain('brand-new');
  });
});

suiteNeeding('the manual page in groff', ['groff'], () => {
  it('has no warning, keeps leading dots and quotes, and dashes that can be pasted', async () => {
    const specs = describeCommands(await newProgram(), KNOWN);
    const [first, ...others] = specs;
    const notes = `.B is no request\n'nor is this "one"\n\\fBnor a font --all`;
    const text = writeManual([{ ...first!, notes }, ...others], FACTS);
    const { stdout, stderr } = spawnSync('groff', ['-man', '-Kutf8', '-Tascii', '-P-cbou', '-ww'], {
      input: text,
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    for (const line of notes.split('\n')) expect(stdout).toContain(line);
    expect(stdout).toContain('rushhour lab run [options] <preset> <scenario> [flags...]');
  });
});
