import { setTimeout as sleep } from 'node:timers/promises';
import { EnvironmentError } from '../../errors.ts';
import { connectFleet, type Link, RefusedError } from '../connect.ts';
import type { Credentials } from '../credentials.ts';
import type { ProxyRoute } from '../link/proxy.ts';
import { LinkWatch } from '../watch-link.ts';

/** A server that is not reached is tried again after this. */
const RETRY_MS = 2_000;

export interface LinkOptions {
  readonly credentials: Credentials;
  readonly proxy?: ProxyRoute | undefined;
  readonly say: (line: string) => void;
}

/**
 * Tries until there is a server that takes these credentials, and says each reason why there is none once.
 * @returns undefined if it is told to stop before
 */
export async function connectPatiently(
  { credentials, proxy, say }: LinkOptions,
  signal: AbortSignal,
): Promise<Link | undefined> {
  const stopped = new Promise<undefined>((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  let lastSaid = '';
  while (!signal.aborted) {
    const connecting = connectFleet(credentials, { isPatient: true, proxy });
    try {
      const link = await Promise.race([connecting, stopped]);
      // One that comes after the end keeps nothing alive.
      if (link === undefined) void connecting.then(({ connection }) => connection.close()).catch(() => {});
      else say(`connected to ${link.connection.getServer()}, and waiting for orders`);
      return link;
    } catch (error) {
      if (!(error instanceof EnvironmentError)) throw error;
      if (error.message !== lastSaid)
        say(`${error.message}; it is tried again every ${RETRY_MS / 1_000} s (${error.hint})`);
      lastSaid = error.message;
    }
    await sleep(RETRY_MS, undefined, { signal }).catch(() => {});
  }
  return undefined;
}

/** Says when the server goes away, when it refuses what it had taken, and when it is there again, until the link is closed. */
export function tellOfLink(link: Link, { credentials, say }: LinkOptions, signal: AbortSignal): LinkWatch {
  return new LinkWatch(
    link,
    {
      away: () => say('the server is away: it is tried again, and what is recorded waits on the disk'),
      back: () => say(`connected to ${link.connection.getServer()} again`),
      refused(error) {
        const { message, hint } = new RefusedError(credentials.role, error);
        say(`${message}; it goes on asking (${hint})`);
      },
    },
    signal,
  );
}
