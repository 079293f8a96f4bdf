import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PICTURE } from '../../bench/browsers/picture.mjs';

export interface PageOrigin {
  /** `http://127.0.0.1:1234` */
  readonly url: string;
  stop(): Promise<void>;
}

/** A web server on loopback: `/page?n=1` is a document of so many objects, itself included, none of which may be kept. */
export async function startPageOrigin(objects: number): Promise<PageOrigin> {
  const server = createServer((request, response) => {
    const url = request.url ?? '';
    const isPage = url.startsWith('/page');
    const body = isPage ? Buffer.from(pageOf(objects, url.split('=')[1] ?? '')) : PICTURE;
    response.writeHead(200, {
      'content-type': isPage ? 'text/html' : 'image/png',
      'content-length': body.length,
      'cache-control': 'no-store',
    });
    response.end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The icon is inside, or a browser would ask for one more object. */
function pageOf(objects: number, number: string): string {
  const images = Array.from(
    { length: objects - 1 },
    (_, index) => `<img src="/${index + 1}.png?n=${number}">`,
  );
  return `<!doctype html><title>page</title><link rel="icon" href="data:,">${images.join('')}`;
}
