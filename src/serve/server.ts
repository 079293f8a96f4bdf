import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EnvironmentError, RushhourError, UsageError } from '../errors.ts';
import { readReportAssets } from '../store/report-assets.ts';
import { isLoopback, urlsOf } from './address.ts';
import { readAssets } from './assets.ts';
import { Catalog } from './catalog.ts';
import { checkRequest } from './guard.ts';
import { LiveRuns } from './live-runs.ts';
import { PageCache } from './page-cache.ts';
import { Refusal } from './refusal.ts';
import { refusalReply, send } from './reply.ts';
import { answer, parsePageRequest } from './router.ts';
import { checkToken, makeToken } from './token.ts';
import type { Reply, Site } from './types.ts';

export interface ServeOptions {
  readonly resultsDir: string;
  /** IP address to listen at. */
  readonly address: string;
  /** 0: any that is free. */
  readonly port: number;
  /** A fault of ours, in a line. */
  readonly onFault: (message: string) => void;
}

export interface Served {
  /** Where to find it, including the token if there is one. */
  readonly urls: readonly string[];
  readonly port: number;
  /** Whether other machines reach it. */
  readonly isOpen: boolean;
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 64;
/** Requests that are being answered; a pipelined flood on one connection is many. */
const MAX_UNDER_WAY = 128;

/**
 * Serves a results folder over HTTP until it is closed.
 * @throws EnvironmentError if it cannot listen there
 */
export async function openServer({ resultsDir, address, port, onFault }: ServeOptions): Promise<Served> {
  const site: Site = {
    catalog: new Catalog(resultsDir),
    pages: new PageCache(),
    live: new LiveRuns(),
    assets: await readAssets(await readReportAssets()),
  };
  const token = isLoopback(address) ? undefined : makeToken();
  const server = createServer({
    maxHeaderSize: 8_192,
    headersTimeout: 10_000,
    requestTimeout: 10_000,
    keepAliveTimeout: 5_000,
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.timeout = 120_000;
  await listen(server, address, port);
  const own = (server.address() as AddressInfo).port;
  let underWay = 0;
  server.on('request', (request, response) => {
    handle(request)
      .catch((error: unknown) => refusalReply(refusalFor(error, onFault), isApi(request)))
      .then((ready) => sendSafely(request, response, ready));
  });

  async function handle(request: IncomingMessage): Promise<Reply> {
    checkRequest(request, address, own);
    const page = parsePageRequest(request.url ?? '');
    const entry = token === undefined ? undefined : checkToken(token, request, page, own);
    if (entry !== undefined) return entry;
    // Counted after the token check: requests without the token must not crowd out others.
    if (underWay >= MAX_UNDER_WAY) {
      throw new Refusal(503, 'too much is asked for at once', undefined, { 'Retry-After': '1' });
    }
    // Counted until the answer is ready, not until it is sent: the response of a request in a pipeline whose connection goes
    // before its turn never closes.
    underWay += 1;
    try {
      return await answer(site, page);
    } finally {
      underWay -= 1;
    }
  }

  return {
    urls: urlsOf(address, own).map((url) => (token === undefined ? url : `${url}?token=${token}`)),
    port: own,
    isOpen: token !== undefined,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listen(server: Server, address: string, port: number): Promise<void> {
  try {
    server.listen(port, address);
    await once(server, 'listening');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const at = `port ${port} of ${address}`;
    if (code === 'EADDRINUSE') {
      throw new EnvironmentError(`${at} is already in use`, {
        hint: 'choose another port with --port (0: any free port), or stop the program that listens there',
        cause,
      });
    }
    const hint =
      code === 'EACCES'
        ? 'choose a port above 1023'
        : 'give an address of this machine with --host, or leave --host out';
    throw new EnvironmentError(`cannot listen on ${at} (${message})`, { hint, cause });
  }
}

/** What the reader is told. Internal faults are not shown on the page, but reported where the server was started. */
function refusalFor(error: unknown, onFault: (message: string) => void): Refusal {
  if (error instanceof Refusal) return error;
  // The folder was there when it was listed.
  if (error instanceof UsageError) return new Refusal(404, 'this run cannot be read', error.hint);
  onFault(error instanceof Error ? error.message : String(error));
  return error instanceof RushhourError
    ? new Refusal(500, 'the results cannot be read', error.hint)
    : new Refusal(500, 'this page cannot be shown', 'rushhour serve says why where it was started');
}

function isApi({ url = '' }: IncomingMessage): boolean {
  return url.startsWith('/api/');
}

/** The client may have disconnected. */
function sendSafely(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  if (response.destroyed || response.headersSent) return;
  send(request, response, reply);
}
