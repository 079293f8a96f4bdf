import { availableParallelism } from 'node:os';
import { EXIT } from '../errors.ts';
import { redactedTitle } from './command-line.ts';
import { createProcessHost } from './host.ts';
import { runCli } from './run-cli.ts';

// The only place that ends the process: whatever was left open by then must not keep it, nor cut its output short.
const host = createProcessHost(availableParallelism());
const exit = async (code: number): Promise<never> => {
  await flush(process.stdout);
  const { fault } = host.stdout;
  if (fault !== undefined) {
    host.stderr.write(
      `rushhour: not all of the output could be written (${fault.message})\n  make room where it goes, or send it elsewhere; results are kept all the same\n`,
    );
  }
  await flush(process.stderr);
  process.exit(fault !== undefined && code === EXIT.ok ? EXIT.environment : code);
};

process.on('uncaughtException', (error) => {
  void import('./output/report-error.ts').then(({ reportError }) => exit(reportError(error, host)));
});
// Bug reports name lines of src/, not of a bundle.
if (process.env['RUSHHOUR_DEBUG'] === '1') process.setSourceMapsEnabled(true);
// Best done first: until then, whoever lists processes sees the command line as it was typed.
const title = redactedTitle(process.argv.slice(2));
if (title !== undefined) process.title = title;
await exit(await runCli(process.argv.slice(2), host));

/** Resolves once all that was written is handed over, or nobody reads any more. */
function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableEnded) resolve();
    else stream.write('', () => resolve());
  });
}
