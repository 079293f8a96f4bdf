import { EXIT, type ExitCode } from '../errors.ts';
import { formatVersion } from '../render/version.ts';
import { readVersions } from '../session/load/versions.ts';
import { type Context, realServices, type Services } from './context.ts';
import type { Host } from './host.ts';

/**
 * Runs one command line to completion. Does I/O and handles signals only through the host, and never exits the process.
 * @param args without node and program
 */
export async function runCli(
  args: readonly string[],
  host: Host,
  services: Services = realServices,
): Promise<ExitCode> {
  if (isVersionAlone(args)) {
    host.stdout.write(`${formatVersion(readVersions())}\n`);
    return EXIT.ok;
  }
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
    const { createProgram } = await import('./program.ts');
    const program = await createProgram(context);
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    const { reportFailure } = await import('./output/report-error.ts');
    return await reportFailure(error, host);
  }
}

/** Handled separately because scripts use it most: loading commands and their parser would double its time. */
function isVersionAlone([flag, ...rest]: readonly string[]): boolean {
  return rest.length === 0 && (flag === '--version' || flag === '-V');
}
