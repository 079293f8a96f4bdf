import { CommanderError } from 'commander';
import { EnvironmentError, EXIT, type ExitCode, RushhourError } from '../../errors.ts';
import { escapeControls } from '../../render/escape.ts';
import { redactUrl } from '../../scenario/secrets.ts';
import { describeExhaustion } from '../../session/load/exhaustion.ts';
import type { Host } from '../host.ts';

/** As {@link reportError}; of a file or folder that the system refuses to this user, it says whose that is. */
export async function reportFailure(error: unknown, host: Host): Promise<ExitCode> {
  return reportError((await describeDenied(error)) ?? error, host);
}

/** Reports what went wrong, why and what to do, and returns its exit code. */
export function reportError(error: unknown, host: Host): ExitCode {
  // Commander has already written its own message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof RushhourError) {
    host.stderr.write(`rushhour: ${escapeLines(error.message)}\n`);
    if (error.hint !== undefined && error.hint !== '') host.stderr.write(`  ${escapeLines(error.hint)}\n`);
    if (wantsStack(host)) host.stderr.write(`${describe(error)}\n`);
    return error.exitCode;
  }
  const lack = describeExhaustion(error) ?? describeMissingModule(error);
  if (lack !== undefined) return reportError(lack, host);
  host.stderr.write(
    `rushhour: internal fault: ${escapeLines(error instanceof Error ? error.message : String(error))}\n`,
  );
  host.stderr.write(
    wantsStack(host)
      ? `${describe(error)}\n`
      : '  this is a bug in rushhour: run it again with RUSHHOUR_DEBUG=1 and report what it prints,\n' +
          '  with the command line, "rushhour --version" and "rushhour doctor"\n',
  );
  return EXIT.internal;
}

/** Optional packages are missed where they are used: what is missing here was part of the installation. */
function describeMissingModule(error: unknown): EnvironmentError | undefined {
  const { code, message } = Object(error) as { code?: unknown; message?: unknown };
  // Of import and of require (nodejs.org/api/errors.html).
  if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') return undefined;
  return new EnvironmentError(
    `this installation is not whole, or was replaced meanwhile: ${String(message).split('\n')[0]}`,
    {
      hint: 'run it again; if that does not help, install it again; in a checkout: npm ci && npm run build',
      cause: error,
    },
  );
}

/** A file or folder of another user, wherever one is used. Loaded only then: short answers load no room below. */
async function describeDenied(error: unknown): Promise<EnvironmentError | undefined> {
  const { code } = Object(error) as { code?: unknown };
  if (code !== 'EACCES' && code !== 'EPERM') return undefined;
  const { deniedPath, describeOwner } = await import('../../store/denied.ts');
  const path = deniedPath(error);
  if (path === undefined) return undefined;
  return new EnvironmentError(`this user may not use ${path}: ${describeOwner(path)}`, {
    hint: 'run it as that user, or with sudo; or name another file or folder',
    cause: error,
  });
}

/**
 * Messages may have several lines; anything else that they quote is escaped, and appears without users and passwords: an
 * address with a password may have been typed where another value belongs.
 */
function escapeLines(text: string): string {
  return redactUrl(text).split('\n').map(escapeControls).join('\n');
}

function wantsStack({ env: { RUSHHOUR_DEBUG } }: Host): boolean {
  return RUSHHOUR_DEBUG === '1';
}

/** The stack, and those of its causes. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const stack = error.stack ?? error.message;
  return error.cause === undefined ? stack : `${stack}\ncaused by ${describe(error.cause)}`;
}
