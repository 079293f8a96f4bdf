import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Health } from './health.ts';
import { retryAfterMs, Wait } from './retry.ts';
import { RunRegistry } from './run-registry.ts';
import type { Pace, Sink, SinkListener } from './types.ts';

/** Where Prometheus finds the metrics of the run under way. */
export interface PrometheusSpec {
  readonly kind: 'prometheus';
  readonly host: string;
  readonly port: number;
}

/** At the end, a scraper that has not come for this long is not waited for. */
const LOST_INTEREST_MS = 120_000;

/**
 * Serves the figures of the current run at /metrics. At the end it waits for one more scrape by each scraper that came
 * before, so that they get the last seconds, too.
 */
export function openPrometheusSink(
  spec: PrometheusSpec,
  name: string,
  listener: SinkListener,
  pace: Pace,
): Sink {
  const health = new Health(name, listener);
  const registry = new RunRegistry();
  const seen = { at: Number.NEGATIVE_INFINITY, seconds: 0 };
  const retry = new Wait();
  const last = new Wait();
  let seconds = 0;
  let isOver = false;

  const server = createServer((request, response) => {
    const answered = seconds;
    answer(request, response, registry).then(
      (wasRead) => {
        if (!wasRead) return;
        Object.assign(seen, { at: performance.now(), seconds: answered });
        if (isOver) last.wake();
      },
      (error: unknown) => response.destroy(error instanceof Error ? error : undefined),
    );
  });
  server.unref();
  const listening = keepListening();

  async function keepListening(): Promise<void> {
    for (let failures = 1; !isOver; failures += 1) {
      const fault = await listen(server, spec);
      if (fault === undefined) return health.back();
      health.away('listen', explain(fault, spec), 'rushhour keeps retrying');
      if (!isOver) await retry.forMs(retryAfterMs(failures, pace));
    }
  }

  return {
    name,
    begin: (run, before) => registry.begin(run, before),
    second(recorded) {
      registry.add(recorded);
      seconds += 1;
    },
    async finish(withinMs) {
      isOver = true;
      const isAwaited = performance.now() - seen.at < LOST_INTEREST_MS && seen.seconds < seconds;
      if (isAwaited) await last.forMs(withinMs, { holds: true });
      retry.wake();
      await listening;
      await close(server);
      const { fault } = health;
      const counts = { delivered: seen.seconds, caughtUp: 0, spooled: 0, dropped: seconds - seen.seconds };
      return { name, ...counts, refused: 0, ...(fault !== undefined && { fault }) };
    },
  };
}

/** @returns whether the figures were read, to the last byte */
async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  registry: RunRegistry,
): Promise<boolean> {
  const path = request.url?.replace(/\?.*$/, '');
  if (path !== '/metrics') {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('metrics are at /metrics\n');
    return false;
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
    return false;
  }
  const text = await registry.read();
  response.writeHead(200, { 'content-type': registry.contentType });
  await new Promise<void>((resolve) => {
    response.once('close', resolve);
    response.end(request.method === 'HEAD' ? undefined : text);
  });
  return response.writableFinished && request.method === 'GET';
}

/** @returns the system's error if it cannot */
function listen(server: Server, { host, port }: PrometheusSpec): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const fail = (error: NodeJS.ErrnoException): void => resolve(error);
    server.once('error', fail);
    server.listen({ host: host.replace(/^\[|\]$/g, ''), port }, () => {
      server.off('error', fail);
      resolve(undefined);
    });
  });
}

function explain({ code, message }: NodeJS.ErrnoException, { host, port }: PrometheusSpec): string {
  switch (code) {
    case 'EADDRINUSE':
      return `another program listens there; choose another port: --sink prometheus://${host}:${port + 1}`;
    case 'EADDRNOTAVAIL':
      return `this machine does not have the address ${host}; choose one that it has`;
    case 'EACCES':
      return `port ${port} needs root; choose one above 1023`;
    default:
      return message;
  }
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
