import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { EXIT, type ExitCode, UsageError } from '../../errors.ts';
import type { CaptureFile } from '../../evidence/pcap/read-files.ts';
import type { CaptureReport } from '../../evidence/pcap/types.ts';
import { escapeControls } from '../../render/escape.ts';
import type { Context } from '../context.ts';
import { createReadingProgress } from '../output/reading-progress.ts';
import { keepHeapSmall } from '../small-heap.ts';

interface PcapOptions {
  readonly json?: boolean;
  readonly far?: string;
}

export function registerPcap(program: Command, context: Context): void {
  program
    .command('pcap')
    .description(
      'Analyse packet captures from any source: which handshakes stalled, how their SYNs were answered, how long everything took, and which waits cluster at a round number of seconds. Needs no run.',
    )
    .argument(
      '<file...>',
      'pcap or pcapng, gzipped or not; several files are pieces of one capture, in order',
    )
    .option('--far <file>', 'match with a capture of the same connections made beyond the firewall')
    .option('--json', 'print the figures as JSON')
    .addHelpText(
      'after',
      `
Examples:
  tcpdump -i any -s 128 -w client.pcap 'tcp or icmp'    on the client, the proxy, or in between
  rushhour pcap client.pcap
  rushhour pcap trace.pcap0 trace.pcap1 trace.pcap2     pieces written by tcpdump -C or -G
  rushhour pcap client.pcapng.gz --json
  rushhour pcap client.pcap --far proxy.pcap            what happened to each stalled SYN, and what the NAT does

As in a run, a handshake stalled if it took 0.9 s or longer and its SYN was retransmitted. Memory stays bounded, however
large the capture. The output names anything odd about it: cut headers, connections that began earlier, one direction
only, a wrong clock, lost packets. See docs/evidence.md.

Exit codes: 0 read, whatever was found; 2 not a capture; 5 a file cannot be read.`,
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
  keepHeapSmall();
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
    throw new UsageError('--far matches one capture with another, and several were given', {
      hint: 'join the pieces with mergecap first',
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
