import { availableParallelism } from 'node:os';
import { EXIT } from '../errors.ts';
import { leave } from '../leave.ts';
import { redactedTitle } from './command-line.ts';
import { createProcessHost } from './host.ts';
import { runCli } from './run-cli.ts';
import { keepYoungGenerationsSmall } from './small-heap.ts';

// The only place that exits: whatever is still open must neither keep the process alive nor truncate its output.
const host = createProcessHost(availableParallelism());
const exit = async (code: number): Promise<never> => {
  await flush(process.stdout);
  const { fault } = host.stdout;
  if (fault !== undefined) {
    host.stderr.write(
      `rushhour: some output could not be written (${fault.message})\n  make room there, or write it elsewhere; the results are complete\n`,
    );
  }
  await flush(process.stderr);
  return leave(fault !== undefined && code === EXIT.ok ? EXIT.environment : code, async () =>
    (await import('../net/load.ts')).isLibcAvailable(),
  );
};

process.on('uncaughtException', (error) => {
  void import('./output/report-error.ts').then(
    async ({ reportFailure }) => exit(await reportFailure(error, host)),
    // Not whole, or gone meanwhile: to throw would lead here again, and for ever.
    () => {
      host.stderr.write(`rushhour: ${error instanceof Error ? error.message : String(error)}\n`);
      return exit(EXIT.internal);
    },
  );
});
keepYoungGenerationsSmall(process.argv[2]);
// Bug reports name lines of src/, not of a bundle.
if (process.env['RUSHHOUR_DEBUG'] === '1') process.setSourceMapsEnabled(true);
// As early as possible: until then, process lists show the command line as typed.
const title = redactedTitle(process.argv.slice(2));
if (title !== undefined) process.title = title;
/** For whoever started this, to say what became of it if it fails: CommonJS, which a load is bundled into, cannot await it. */
export const ended: Promise<never> = runCli(process.argv.slice(2), host).then(exit);

/** Resolves once all output has been written, or its reader has gone. */
function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableEnded) resolve();
    else stream.write('', () => resolve());
  });
}
