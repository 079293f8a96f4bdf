import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { EXIT, type ExitCode, UsageError } from '../../errors.ts';
import type { CaptureFile } from '../../evidence/pcap/read-files.ts';
import { escapeControls } from '../../render/escape.ts';
import type { Context } from '../context.ts';
import { groupValues } from '../flags/grouped-values.ts';
import { resultsDir, resultsOption } from '../flags/run-options.ts';
import { createReadingProgress } from '../output/reading-progress.ts';
import { keepHeapSmall } from '../small-heap.ts';

interface EvidenceOptions {
  readonly results?: string;
  readonly far?: readonly string[];
  readonly json?: boolean;
}

export function registerEvidence(program: Command, context: Context): void {
  program
    .command('evidence')
    .description(
      'Join what a run captured on this side with a capture of the far side: for each stalled attempt, whether its SYN arrived, what answered it, and whether the answer came back. The result is kept with the run, in far.json and far.jsonl.',
    )
    .argument('<run>', 'id or its start, label or folder')
    .addOption(resultsOption())
    .option(
      '--far <file...>',
      'pcap or pcapng of the far side, gzipped or not; several files are pieces of one capture, in order; give --far once for each far host (default: what --peer recorded)',
    )
    .option('--json', 'print far.json')
    .addHelpText(
      'after',
      `
Examples:
  tcpdump -i any -s 128 -w proxy.pcap 'tcp port 3128 or icmp'    on the proxy, during the run
  rushhour evidence 20250131-06 --far proxy.pcap
  rushhour evidence "timer 1 s" --far proxy.pcap0 proxy.pcap1    pieces written by tcpdump -C or -G
  rushhour evidence 20250131-06 --far proxy1.pcap --far proxy2.pcap    of two proxies, each with its own clock
  rushhour evidence 20250131-06                                  for a run with --peer

The run must have recorded its own packets (as root or with CAP_NET_RAW). It finds attempts at the far side by sequence
number, timestamp or the number that --marker adds to a request, never by ports, and the clocks may differ. Memory stays
bounded, however large the far capture. Repeat the command with another capture to replace the result. See
docs/evidence.md.

Exit codes: 0 read, whatever was found; 2 no such run, no evidence, or not a capture; 5 a file cannot be read or
written.`,
    )
    .action(context.act((run: string, options: EvidenceOptions) => joinRun(context, run, options)));
}

async function joinRun({ host, args }: Context, run: string, options: EvidenceOptions): Promise<ExitCode> {
  const [{ findRun }, { readRunInfo }, { joinSides }, { listOwnCaptures }, { renderFar }] = await Promise.all(
    [
      import('../../read/find-run.ts'),
      import('../../store/read-info.ts'),
      import('../../evidence/far/join.ts'),
      import('../../evidence/far/own-captures.ts'),
      import('../../render/far.ts'),
    ],
  );
  const dir = await findRun(run, resultsDir(host, options.results));
  const given =
    options.far === undefined
      ? undefined
      : groupValues(args, '--far', options.far).map((pieces) =>
          pieces.map((path): CaptureFile => ({ path: resolve(host.cwd, path), shown: escapeControls(path) })),
        );
  const far = given ?? [await listOwnCaptures(dir)];
  if (far.flat().length === 0)
    throw new UsageError(`${dir} has no capture of the far side`, {
      hint: 'give one that tcpdump -w wrote there (--far FILE), or run with --peer',
    });
  const { marker } = (await readRunInfo(dir)).scenario;
  const progress = createReadingProgress(host);
  keepHeapSmall();
  const { summary, attempts } = await joinSides(dir, {
    ...{ far, marker, nowMs: host.now() },
    onBytes: ({ path, shown }, bytes) => progress.tell(shown, bytes, () => statSync(path).size),
  }).finally(() => progress.clear());
  host.stdout.write(
    options.json === true
      ? `${JSON.stringify(summary, null, 2)}\n`
      : renderFar(summary, attempts, host.stdout.columns),
  );
  return EXIT.ok;
}
