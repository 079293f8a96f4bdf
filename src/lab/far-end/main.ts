import { RushhourError } from '../../errors.ts';
import { parseArguments } from './arguments.ts';
import type { FarEndMessage } from './protocol.ts';
import { type Servers, serveFarEnd } from './serve.ts';

/**
 * The far end as a process of its own, so that it shares neither a core's time nor a heap with what it answers.
 * Prints where it listens; on SIGUSR2, and when it ends, what has reached it. Ends on SIGTERM or SIGINT, and with the
 * process that started it (the IPC channel closes).
 */
async function main(): Promise<void> {
  const servers = await serveFarEnd(parseArguments(process.argv.slice(2)));
  const end = (): void => endProcess(servers);
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  process.once('disconnect', end);
  process.on('SIGUSR2', () => print({ kind: 'counts', counts: servers.counts }));
  const { proxy, origin, tlsOrigin } = servers;
  print({ kind: 'listening', proxy, origin, ...(tlsOrigin === undefined ? {} : { tlsOrigin }) });
}

function endProcess(servers: Servers): void {
  servers.close();
  print({ kind: 'counts', counts: servers.counts }, () => process.exit());
}

function print(message: FarEndMessage, printed?: () => void): void {
  process.stdout.write(`${JSON.stringify(message)}\n`, printed);
}

// Whoever read the lines may be gone first: not worth a stack trace.
process.stdout.on('error', () => process.exit());

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(error instanceof RushhourError ? error.exitCode : 1);
});
