import { RushhourError } from '../../errors.ts';
import { parseArguments } from './arguments.ts';
import type { FarEndCounts, FarEndMessage, FarEndOptions } from './protocol.ts';
import { Restarting } from './restart.ts';
import { type Servers, serveFarEnd } from './serve.ts';

/**
 * The far end as a separate process, so that it shares neither a core nor a heap with the load. Prints where it
 * listens; on SIGUSR2, and when it ends, what it has received. With an IPC channel it belongs to the process at the
 * other end: it ends when the channel closes, by a call or because that process died, and ignores signals, because
 * stopping a load (Ctrl-C, systemd) may signal all of its processes while open connections still need answers. Without
 * a channel it ends on SIGTERM or SIGINT.
 */
async function main(): Promise<void> {
  const isOwned = process.connected === true;
  let farEnds: Restarting | undefined;
  let isOver = false;
  const end = (): void => {
    isOver = true;
    if (farEnds !== undefined) endProcess(farEnds);
  };
  // Before anything else: a signal, or an owner's death, may come at once.
  process.once('disconnect', end);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, isOwned ? () => {} : end);
  if (isOwned) process.on('SIGHUP', () => {});
  const options = parseArguments(process.argv.slice(2));
  const servers = await serveAll(options);
  const running = new Restarting(servers, () => serveAll(options));
  farEnds = running;
  if (isOver) endProcess(running);
  process.on('SIGUSR2', () => print({ kind: 'counts', counts: sumCounts(running.counts) }));
  const [{ proxy, origin, tlsOrigin }, second] = servers;
  print({
    ...{ kind: 'listening', proxy, origin },
    ...(tlsOrigin === undefined ? {} : { tlsOrigin }),
    ...(second === undefined ? {} : { second: { proxy: second.proxy, origin: second.origin } }),
  });
  if (options.restart !== undefined) running.begin(options.restart);
}

async function serveAll({ second, ...first }: FarEndOptions): Promise<[Servers, ...Servers[]]> {
  const servers = await serveFarEnd(first);
  if (second === undefined) return [servers];
  const { host } = first.listen;
  const other = { ...first, listen: { host, port: second.proxy }, originPort: second.origin };
  return [servers, await serveFarEnd(other)];
}

function sumCounts([first, ...others]: readonly FarEndCounts[]): FarEndCounts {
  const sum = { ...first! };
  for (const counts of others) {
    for (const key of Object.keys(sum) as (keyof FarEndCounts)[]) sum[key] += counts[key];
  }
  return sum;
}

function endProcess({ servers, counts }: Restarting): void {
  for (const one of servers) one.close();
  print({ kind: 'counts', counts: sumCounts(counts) }, () => process.exit());
}

function print(message: FarEndMessage, printed?: () => void): void {
  process.stdout.write(`${JSON.stringify(message)}\n`, printed);
}

// The reader may exit first: not worth a stack trace.
process.stdout.on('error', () => process.exit());
// A message that cannot be written is ignored.
process.stderr.on('error', () => {});

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(error instanceof RushhourError ? error.exitCode : 1);
});
