import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Command, Option } from 'commander';
import { EnvironmentError, EXIT, type ExitCode } from '../../errors.ts';
import type { Format } from '../../read/export/format.ts';
import type { Table } from '../../read/export/rows.ts';
import type { Context } from '../context.ts';
import { resultsDir, resultsOption } from '../flags/run-options.ts';

interface ExportOptions {
  readonly results?: string;
  readonly format: Format;
  readonly what: Table;
  readonly output?: string;
}

export function registerExport(program: Command, context: Context): void {
  program
    .command('export')
    .description(
      'Write one table of a run for other programs: counts per second, figures per arm, HTTP statuses, stalls, or times.',
    )
    .argument('<run>', 'id or its start, label or folder')
    .addOption(resultsOption())
    .addOption(
      new Option('--format <format>', 'csv: as in RFC 4180; jsonl: one JSON object per line')
        .choices(['csv', 'jsonl'])
        .default('csv'),
    )
    .addOption(
      new Option('--what <table>', 'which table')
        .choices(['frames', 'arms', 'statuses', 'stalls', 'latency'])
        .default('frames'),
    )
    .option('-o, --output <file>', 'write to this file instead of stdout')
    .addHelpText(
      'after',
      `
Examples:
  rushhour export 20250131-060000-steady > seconds.csv
  rushhour export "timer 60 s" --what arms --format jsonl
  rushhour export 20250131-06 --what latency -o latency.csv

frames: one row per second and series; arms: one per arm; statuses: one per second and HTTP status; stalls: one per stall;
latency: one per recorded value. See docs/results.md for the columns.`,
    )
    .action(context.act((name: string, options: ExportOptions) => exportRun(context, name, options)));
}

async function exportRun({ host }: Context, name: string, options: ExportOptions): Promise<ExitCode> {
  const [{ findRun }, { columnsOf, readRows }, { formatRows }] = await Promise.all([
    import('../../read/find-run.ts'),
    import('../../read/export/rows.ts'),
    import('../../read/export/format.ts'),
  ]);
  const dir = await findRun(name, resultsDir(host, options.results));
  const lines = formatRows(readRows(dir, options.what), options.format, columnsOf(options.what));
  if (options.output !== undefined) await writeFile(resolve(host.cwd, options.output), lines);
  else for await (const line of lines) host.stdout.write(line);
  return EXIT.ok;
}

/** Writes the complete file or leaves the old one. */
async function writeFile(path: string, lines: AsyncIterable<string>): Promise<void> {
  const draft = `${path}.new`;
  try {
    await pipeline(Readable.from(lines), createWriteStream(draft));
    await rename(draft, path);
  } catch (cause) {
    await rm(draft, { force: true });
    // Only the system's message.
    if ((cause as NodeJS.ErrnoException).syscall === undefined) throw cause;
    throw new EnvironmentError(`cannot write ${path} (${(cause as Error).message})`, {
      hint: 'choose a file in a writable folder with -o FILE',
      cause,
    });
  }
}
