import { EXIT, type ExitCode } from '../errors.ts';
import { type Context, realServices, type Services } from './context.ts';
import type { Host } from './host.ts';
import { createProgram } from './program.ts';
import { reportError } from './report-error.ts';

/**
 * Runs one command line to its end. Writes and listens only through the host, and never exits the process.
 * @param args without node and program
 */
export async function runCli(
  args: readonly string[],
  host: Host,
  services: Services = realServices,
): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const context: Context = {
    host,
    services,
    args,
    act:
      (work) =>
      async (...given) => {
        exitCode = await work(...given);
      },
  };
  try {
    await createProgram(context).parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    return reportError(error, host);
  }
}
