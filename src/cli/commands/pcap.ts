import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { EXIT, type ExitCode, UsageError } from '../../errors.ts';
import type { CaptureFile } from '../../evidence/pcap/read-files.ts';
import type { CaptureReport } from '../../evidence/pcap/types.ts';
import { escapeControls } from '../../render/escape.ts';
import type { Context } from '../context.ts';
import { createReadingProgress } from '../output/reading-progress.ts';

interface PcapOptions {
  readonly json?: boolean;
  readonly far?: string;
}

export function registerPcap(program: Command, context: Context): void {
  program
    .command('pcap')
    .description(
      'Read captures that anybody made: which handshakes stalled, what met their SYNs, how long everything took, which waits cluster at round numbers of seconds. No run is needed.',
    )
    .argument('<file...>', 'pcap or pcapng, by gzip or not; several: pieces of one capture, in their order')
    .option(
      '--far <file>',
      'a capture of the same connections beyond the firewall, to be matched with the one given',
    )
    .option('--json', 'print the figures as JSON')
    .addHelpText(
      'after',
      `
Examples:
  tcpdump -i any -s 128 -w client.pcap 'tcp or icmp'    on the client, the proxy, or in between
  rushhour pcap client.pcap
  rushhour pcap trace.pcap0 trace.pcap1 trace.pcap2     pieces of tcpdump -C or -G
  rushhour pcap client.pcapng.gz --json
  rushhour pcap client.pcap --far proxy.pcap            what became of each stalled SYN, and what the NAT does

A handshake stalled if it took 0.9 s or longer and its SYN was sent again, as in a run. Captures of any size are read in
a bounded amount of memory. What is odd about one (cut, cooked, begun late, one direction only, a wrong clock, lost
packets) is named. See docs/evidence.md.

Exit codes: 0 read, whatever was found; 2 not a capture; 5 a file that cannot be read.`,
    )
    .action(context.act((paths: string[], options: PcapOptions) => readPcap(context, paths, options)));
}

async function readPcap(
  { host }: Context,
  paths: readonly string[],
  options: PcapOptions,
): Promise<ExitCode> {
  const [{ readCaptureFiles }, { renderCaptures }] = await Promise.all([
    import('../../evidence/pcap/read-files.ts'),
    import('../../render/pcap.ts'),
  ]);
  const files = paths.map(
    (path): CaptureFile => ({ path: resolve(host.cwd, path), shown: escapeControls(path) }),
  );
  const progress = createReadingProgress(host);
  const report = await readCaptureFiles(files, {
    nowSec: host.now() / 1_000,
    onBytes: ({ path, shown }, bytes) => progress.tell(shown, bytes, () => statSync(path).size),
  }).finally(() => progress.clear());
  if (options.far !== undefined) return matchSides(host, files, options.far, report, options);
  host.stdout.write(
    options.json === true
      ? `${JSON.stringify(report, null, 2)}\n`
      : renderCaptures(report, host.stdout.columns),
  );
  return EXIT.ok;
}

async function matchSides(
  host: Context['host'],
  [near, ...others]: readonly CaptureFile[],
  farPath: string,
  report: CaptureReport,
  { json }: PcapOptions,
): Promise<ExitCode> {
  if (near === undefined || others.length > 0)
    throw new UsageError('--far matches one capture with another', {
      hint: 'join the pieces of a capture with mergecap first',
    });
  const [{ matchFiles }, { renderCaptures }, { renderSides }] = await Promise.all([
    import('../../evidence/match/match-files.ts'),
    import('../../render/pcap.ts'),
    import('../../render/sides.ts'),
  ]);
  const far = { path: resolve(host.cwd, farPath), shown: escapeControls(farPath) };
  const sides = await matchFiles(near, far);
  host.stdout.write(
    json === true
      ? `${JSON.stringify({ ...report, sides }, null, 2)}\n`
      : `${renderCaptures(report, host.stdout.columns)}\n${renderSides(sides, host.stdout.columns)}`,
  );
  return EXIT.ok;
}
