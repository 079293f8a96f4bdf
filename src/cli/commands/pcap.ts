import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../../errors.ts';
import type { CaptureFile } from '../../evidence/pcap/read-files.ts';
import { escapeControls } from '../../render/escape.ts';
import type { Context } from '../context.ts';
import { createReadingProgress } from '../output/reading-progress.ts';

interface PcapOptions {
  readonly json?: boolean;
}

export function registerPcap(program: Command, context: Context): void {
  program
    .command('pcap')
    .description(
      'Read captures that anybody made: which handshakes stalled, what met their SYNs, how long everything took, which waits cluster at round numbers of seconds. No run is needed.',
    )
    .argument('<file...>', 'pcap or pcapng, by gzip or not; several: pieces of one capture, in their order')
    .option('--json', 'print the figures as JSON')
    .addHelpText(
      'after',
      `
Examples:
  tcpdump -i any -s 128 -w client.pcap 'tcp or icmp'    on the client, the proxy, or in between
  rushhour pcap client.pcap
  rushhour pcap trace.pcap0 trace.pcap1 trace.pcap2     pieces of tcpdump -C or -G
  rushhour pcap client.pcapng.gz --json

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
  host.stdout.write(
    options.json === true
      ? `${JSON.stringify(report, null, 2)}\n`
      : renderCaptures(report, host.stdout.columns),
  );
  return EXIT.ok;
}
