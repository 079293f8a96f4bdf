import { describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { createFakeHost } from './fake-host.ts';
import { createFakeRun } from './fake-services.ts';

describe('what sets a probe up on its machine', () => {
  it.each(['--print-unit', '--print-ansible-vars'])('%s leaves out nothing without a word', async (print) => {
    for (const [flag, value] of [
      ['--keep-days', '30'],
      ['--keep-unsent', '1MB'],
      ['--state', '/var/tmp/x'],
      ['--results', '/var/tmp/y'],
      ['--sink', 'jsonl:/var/tmp/z'],
      ['--enroll', 'rushhour1.580.x'],
    ] as const) {
      const host = createFakeHost();
      expect(await runCli(['probe', print, flag, value], host, createFakeRun().services)).toBe(2);
      expect(host.stderr.text).toContain(`${print} cannot take ${flag} over`);
      expect(host.stdout.text).toBe('');
    }
  });

  it('prints a unit where nothing is left out', async () => {
    const host = createFakeHost();
    expect(await runCli(['probe', '--print-unit'], host, createFakeRun().services)).toBe(0);
    expect(host.stdout.text).toContain('ExecStart=');
  });
});
