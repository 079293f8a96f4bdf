import { connect } from 'node:net';
import { onTestFinished } from 'vitest';
import { openServer, type Served } from '../../src/serve/server.ts';

export interface TestSite extends Served {
  readonly faults: string[];
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** Sends bytes as they are, and gives all that comes back until the server closes. */
  raw(text: string): Promise<string>;
}

/** A server of its own for the present test. */
export async function openSite(resultsDir: string, address = '127.0.0.1'): Promise<TestSite> {
  const faults: string[] = [];
  const served = await openServer({
    ...{ resultsDir, address, port: 0 },
    onFault: (message) => faults.push(message),
  });
  onTestFinished(() => served.close());
  const host = address === '::1' ? '[::1]' : '127.0.0.1';
  return {
    ...served,
    faults,
    get: (path, headers = {}) =>
      fetch(`http://${host}:${served.port}${path}`, { headers, redirect: 'manual' }),
    raw: (text) =>
      new Promise((resolve, reject) => {
        let answer = '';
        const socket = connect(served.port, '127.0.0.1', () => socket.write(text, 'latin1'));
        socket.setEncoding('latin1').on('data', (chunk) => (answer += chunk));
        socket.once('error', reject).once('close', () => resolve(answer));
      }),
  };
}

/** One request line and headers, after which the server closes. */
export function request(target: string, headers: readonly string[], method = 'GET'): string {
  return `${[`${method} ${target} HTTP/1.1`, ...headers, 'Connection: close'].join('\r\n')}\r\n\r\n`;
}

/** Status of an answer as it came from the socket. */
export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
}
