import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { escapeControls } from '../../src/render/escape.ts';
import { createFakeHost } from '../cli/fake-host.ts';
import { plantTexts } from '../store/damage.ts';
import { makeFolder, recordRun } from '../store/runs.ts';

/** Clears a screen, sets a title, turns text round, and ends a line, wherever it is let. */
const HOSTILE = '=cmd|x!A1\u001b[2J\u001b]0;owned\u0007\u009b31m\u202eabc\r\nINJECTED';

/** Texts that a folder may hold in its own words; names of things are refused where they are none. */
const PLANTED = [
  'label',
  'note',
  'text',
  'host',
  'hostname',
  'kernel',
  'model',
  'description',
  'method',
  'because',
];

async function hostileRun(results: string): Promise<string> {
  const { dir } = await recordRun(results, 4, { label: HOSTILE, host: { hostname: HOSTILE } });
  for (const name of ['run.json', 'summary.json']) {
    const path = join(dir, name);
    const value = plantTexts(JSON.parse(readFileSync(path, 'utf8')), HOSTILE, PLANTED);
    writeFileSync(path, JSON.stringify(value));
  }
  writeFileSync(join(dir, 'notes.json'), JSON.stringify({ schema: 1, label: HOSTILE, note: HOSTILE }));
  return dir;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
const CONTROLS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;

describe('text of others', () => {
  it('does nothing on a terminal, and begins no line of its own', async () => {
    const results = makeFolder();
    const dir = await hostileRun(results);
    const commands = [
      ...[['results'], ['results', 'show', dir], ['results', '--names'], ['compare', dir, dir]],
      ...[['compare', dir, dir, '--markdown'], ['trend'], ['results', 'prune', '--keep', '0', '--dry-run']],
      ...[
        ['results', 'show', 'nothing'],
        ['results', 'show', '=cmd'],
        ['results', 'prune', '--older-than', '1d', '--dry-run'],
      ],
    ];
    for (const args of commands) {
      for (const columns of [40, 100, 400]) {
        const host = createFakeHost({ cwd: results });
        const { stdout } = host;
        const code = await runCli([...args, '--results', results], {
          ...host,
          stdout: Object.assign(stdout, { columns }),
        });
        const told = stdout.text + host.stderr.text;
        expect(code, told).not.toBe(1);
        expect(told, args.join(' ')).not.toMatch(CONTROLS);
        expect(told, args.join(' ')).not.toMatch(/^INJECTED/m);
      }
    }
  });

  it('is no formula in CSV, and ends no record', async () => {
    const results = makeFolder();
    const dir = await hostileRun(results);
    const host = createFakeHost({ cwd: results });
    expect(await runCli(['export', dir, '--what', 'arms', '--results', results], host)).toBe(0);
    const [head, row, ...others] = host.stdout.text.split('\r\n');
    expect(head).toMatch(/^run,label,/);
    expect(row).toContain(`,'=cmd|x!A1\\u001b[2J`);
    expect(others).toEqual(['']);
    expect(host.stdout.text.replaceAll('\r\n', '')).not.toMatch(CONTROLS);
  });

  it('is told so that it can be recognised', () => {
    expect(escapeControls('a\tb\u001b[1mc\u202e')).toBe('a\\tb\\u{1b}[1mc\\u{202e}');
    // Arabic letter mark, soft hyphen, Mongolian separator, interlinear anchor, tag, half of a pair.
    expect(escapeControls('\u061c\u00ad\u180e\ufff9\u{e0041}\ud800.')).toBe(
      '\\u{61c}\\u{ad}\\u{180e}\\u{fff9}\\u{e0041}\\u{d800}.',
    );
    expect(escapeControls('timer 60 s — naïve 日本')).toBe('timer 60 s — naïve 日本');
  });
});
