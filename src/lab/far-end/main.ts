import { RushhourError } from '../../errors.ts';
import { parseArguments } from './arguments.ts';
import type { FarEndMessage } from './protocol.ts';
import { type Servers, serveFarEnd } from './serve.ts';

/**
 * The far end as a process of its own, so that it shares neither a core's time nor a heap with what it answers.
 * Prints where it listens; on SIGUSR2, and when it ends, what has reached it. Started with an IPC channel, it belongs to
 * who holds the other end: it ends when that closes, by a call or by a death, and with no signal, as whoever stops a load
 * (Ctrl-C, systemd) may signal all of its processes, and what is open still needs an answer. Without one it ends on SIGTERM
 * or SIGINT.
 */
async function main(): Promise<void> {
  const isOwned = process.connected === true;
  let servers: Servers | undefined;
  let isOver = false;
  const end = (): void => {
    isOver = true;
    if (servers !== undefined) endProcess(servers);
  };
  // Before anything else: a signal, or an owner's death, may come at once.
  process.once('disconnect', end);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, isOwned ? () => {} : end);
  if (isOwned) process.on('SIGHUP', () => {});
  servers = await serveFarEnd(parseArguments(process.argv.slice(2)));
  if (isOver) endProcess(servers);
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
// A message that cannot be written ends nothing.
process.stderr.on('error', () => {});

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(error instanceof RushhourError ? error.exitCode : 1);
});
