import type { IncomingMessage } from 'node:http';
import { isOwnHost } from './address.ts';
import { Refusal } from './refusal.ts';

const METHODS = ['GET', 'HEAD'];

/** Where a request may come from: typed or opened by hand, or from a page of ours (Fetch Metadata). */
const SITES = ['same-origin', 'none'];

/**
 * Refuses everything that a reader of these pages would not send: writes, other names for this machine, requests from
 * other sites.
 * @throws Refusal
 */
export function checkRequest(request: IncomingMessage, address: string, port: number): void {
  if (!METHODS.includes(request.method ?? '')) {
    throw new Refusal(405, 'results are shown here, and not changed', undefined, {
      Allow: METHODS.join(', '),
    });
  }
  const { host, origin } = request.headers;
  const hosts = request.headersDistinct['host'] ?? [];
  if (host === undefined || hosts.length !== 1 || !isOwnHost(host, address, port)) {
    throw new Refusal(
      421,
      'this server does not answer to that host name',
      `open the address that rushhour serve printed; with ssh -L, use the same port on both sides (${port})`,
    );
  }
  const site = request.headers['sec-fetch-site'];
  const isForeign =
    (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`) ||
    (site !== undefined && !SITES.includes(String(site)));
  if (isForeign) {
    throw new Refusal(
      403,
      'this request comes from another site',
      'type or paste the address into the browser instead of following a link',
    );
  }
}
