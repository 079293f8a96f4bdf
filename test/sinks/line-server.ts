import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';

/** One request as the server took it. */
export interface Taken {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Uncompressed. */
  readonly text: string;
}

export interface Said {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

export interface LineServer {
  readonly port: number;
  readonly taken: Taken[];
  /** Lines of all requests that were answered 204. */
  readonly lines: string[];
}

/**
 * An HTTP server on loopback that keeps what it is sent, until the present test is over.
 * @param answer to the request of this number, from 0; undefined leaves it without one
 */
export async function startLineServer(
  answer: (index: number) => Said | undefined = () => ({ status: 204 }),
  port = 0,
): Promise<LineServer> {
  const taken: Taken[] = [];
  const lines: string[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const isPacked = request.headers['content-encoding'] === 'gzip';
    const text = (isPacked ? gunzipSync(body) : body).toString();
    const { method = '', url = '', headers } = request;
    const said = answer(taken.push({ method, url, headers, text }) - 1);
    if (said === undefined) return;
    if (said.status === 204) lines.push(...text.split('\n').filter((line) => line !== ''));
    response.writeHead(said.status, said.headers).end(said.body);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return { port: (server.address() as AddressInfo).port, taken, lines };
}

/** The seconds that lines of the run tell of, in order, by their times. */
export function secondsOf(lines: readonly string[]): number[] {
  return lines
    .filter((line) => line.startsWith('rushhour_run,'))
    .map((line) => Number(line.split(' ').at(-1)) / 1_000);
}
