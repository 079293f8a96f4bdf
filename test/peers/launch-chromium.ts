import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DevTools } from '../../bench/browsers/devtools.mjs';
import { stopPeer } from './peer.ts';

/** An empty page, with cookies, connections and credentials that no other has. */
export interface Page {
  /** Calls one of its methods. */
  call<Result>(method: string, params?: object): Promise<Result>;
  /** @returns what stops it */
  on(method: string, hear: Parameters<DevTools['on']>[1]): () => void;
  close(): Promise<void>;
}

/** A headless Chromium: a start takes two seconds of a processor, a page a tenth of that. */
export interface LaunchedChromium {
  /**
   * @param context as Target.createBrowserContext takes it, such as `proxyServer`; `own`: none but the one that Chromium
   *   starts with, in which it is as a person's
   */
  newPage(context?: object | 'own'): Promise<Page>;
  stop(): Promise<void>;
}

const SWITCHES = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--remote-debugging-pipe',
];

/** Starts it with a profile of its own, steered by the DevTools protocol over a pipe. */
export async function launchChromium(
  switches: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<LaunchedChromium> {
  const profile = await mkdtemp(join(tmpdir(), 'rushhour-chromium-'));
  const child = spawn('chromium', [...SWITCHES, ...switches, `--user-data-dir=${profile}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    // What it leaves in the place for passing files goes with its profile.
    env: { ...process.env, ...env, TMPDIR: profile },
  });
  await once(child, 'spawn');
  const devTools = new DevTools(child);
  return {
    async newPage(context = {}) {
      const apart =
        context === 'own'
          ? undefined
          : await devTools.call<{ browserContextId: string }>('Target.createBrowserContext', context);
      const { targetId } = await devTools.call<{ targetId: string }>('Target.createTarget', {
        ...{ url: 'about:blank', ...apart },
      });
      const { sessionId } = await devTools.call<{ sessionId: string }>('Target.attachToTarget', {
        ...{ targetId, flatten: true },
      });
      return {
        call: (method, params = {}) => devTools.call(method, params, sessionId),
        on: (method, hear) => devTools.on(method, hear, sessionId),
        async close() {
          if (apart === undefined) await devTools.call('Target.closeTarget', { targetId });
          else await devTools.call('Target.disposeBrowserContext', apart);
        },
      };
    },
    async stop() {
      await stopPeer(child);
      await rm(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}
