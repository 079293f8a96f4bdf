import { request } from 'node:http';
import { isIP, type Socket } from 'node:net';
import { type BasicUser, basicFieldValue } from '../../engine/auth/basic.ts';
import { explainFault } from '../../engine/auth/explain.ts';
import { KerberosFault } from '../../engine/auth/fault.ts';
import type { Identity } from '../../engine/auth/identity.ts';
import { shareMinter } from '../../engine/auth/minter.ts';
import { serviceHostOf, tunnelHostOf } from '../../scenario/host-names.ts';
import type { HostPort } from '../../scenario/types.ts';

const ANSWER_WITHIN_MS = 10_000;

/** The schemes of HTTP authentication that are named to the user; a proxy may offer anything. */
const SCHEMES = ['Basic', 'Digest', 'NTLM', 'Negotiate', 'Bearer'];

/** The proxy did not let it through: the server was not asked. */
export class ProxyError extends Error {}

/** How the server is reached where only a proxy lets connections out. */
export interface ProxyRoute extends HostPort {
  readonly auth?:
    | { readonly scheme: 'basic'; readonly user: BasicUser }
    /** `service`: host-based name, such as HTTP@proxy.example; default: by the name of the proxy. */
    | { readonly scheme: 'negotiate'; readonly identity: Identity; readonly service?: string };
}

/**
 * Opens a tunnel through a proxy (CONNECT, RFC 9110 section 9.3.6), with credentials sent at once.
 * @throws ProxyError that says what the proxy answered, and no secret
 */
export async function openTunnel(proxy: ProxyRoute, { host, port }: HostPort): Promise<Socket> {
  const authorization = await authorise(proxy);
  const target = `${tunnelHostOf(host)}:${port}`;
  const asked = request({
    ...{ host: proxy.host, port: proxy.port, method: 'CONNECT', path: target, agent: false },
    headers: {
      Host: target,
      ...(authorization !== undefined && { 'Proxy-Authorization': authorization }),
    },
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  });
  return new Promise((resolve, reject) => {
    asked.once('error', ({ name, message }) => {
      const what = name === 'AbortError' || name === 'TimeoutError' ? 'no answer within 10 s' : message;
      reject(new ProxyError(`proxy ${proxy.host}:${proxy.port}: ${what}`));
    });
    // Without a tunnel: Node has no reason to hand the connection over.
    asked.once('response', (response) => {
      response.destroy();
      reject(refusal(proxy, response.statusCode ?? 0, response.headers['proxy-authenticate']));
    });
    asked.once('connect', (response, socket, head) => {
      const { statusCode = 0, headers } = response;
      if (statusCode < 200 || statusCode > 299) {
        socket.destroy();
        reject(refusal(proxy, statusCode, headers['proxy-authenticate']));
        return;
      }
      // The server speaks first, and may have done so already.
      if (head.length > 0) socket.unshift(head);
      resolve(socket as Socket);
    });
    asked.end();
  });
}

function refusal(
  { host, port, auth }: ProxyRoute,
  status: number,
  offer: string | string[] | undefined,
): Error {
  const offered = SCHEMES.filter((scheme) =>
    new RegExp(`(^|,\\s*)${scheme}\\b`, 'i').test(String(offer ?? '')),
  );
  const why =
    status !== 407
      ? ''
      : auth === undefined
        ? `: it wants credentials (${offered.join(', ') || 'by no scheme that is known here'})`
        : `: it does not take the credentials (${offered.join(', ') || 'no scheme'} offered)`;
  return new ProxyError(`proxy ${host}:${port} answers CONNECT with ${status}${why}`);
}

async function authorise({ host, auth }: ProxyRoute): Promise<string | undefined> {
  if (auth === undefined) return undefined;
  if (auth.scheme === 'basic') return basicFieldValue(auth.user);
  if (auth.service === undefined && isIP(host) !== 0)
    throw new ProxyError(
      `Kerberos issues no tickets for an IP address (${host}): name the proxy, or its service`,
    );
  const service = auth.service ?? `HTTP@${serviceHostOf(host)}`;
  const minter = await shareMinter();
  try {
    return (await minter.mint(auth.identity, service)).fieldValue;
  } catch (error) {
    if (!(error instanceof KerberosFault)) throw error;
    const { what, mend } = explainFault(error.kind, error.message, auth.identity, service);
    throw new ProxyError(`${what}: ${mend}`);
  }
}
