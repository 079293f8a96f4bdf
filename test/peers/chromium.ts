import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DevTools } from './devtools.ts';
import { stopPeer } from './peer.ts';

export interface ChromiumOptions {
  /** `127.0.0.1:3128`; loopback goes through it as well. */
  readonly proxy: string;
  /** What a person would type into the box that Chromium shows for Basic. */
  readonly login?: { readonly username: string; readonly password: string };
  /** For Kerberos: KRB5_CONFIG and KRB5CCNAME. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Chromium {
  /** Opens a page; resolves once everything on it is loaded. */
  open(url: string): Promise<void>;
  stop(): Promise<void>;
}

/** As a person's browser, but for what it does of its own accord. Names resolve to nothing: all it knows is the proxy. */
const SWITCHES = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-extensions',
  '--proxy-bypass-list=<-loopback>',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
  '--auth-server-allowlist=*',
  '--disable-auth-negotiate-cname-lookup',
  '--remote-debugging-pipe',
];

/** A real headless Chromium with a profile of its own, steered by the DevTools protocol over a pipe. */
export async function startChromium({ proxy, login, env }: ChromiumOptions): Promise<Chromium> {
  const profile = await mkdtemp(join(tmpdir(), 'rushhour-chromium-'));
  const child = spawn(
    'chromium',
    [...SWITCHES, `--proxy-server=${proxy}`, `--user-data-dir=${profile}`, 'about:blank'],
    {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env, TMPDIR: profile },
    },
  );
  await once(child, 'spawn');
  const devTools = new DevTools(child);
  const { targetInfos } = await devTools.call<{ targetInfos: { type: string; targetId: string }[] }>(
    'Target.getTargets',
  );
  const targetId = targetInfos.find(({ type }) => type === 'page')?.targetId;
  const { sessionId } = await devTools.call<{ sessionId: string }>('Target.attachToTarget', {
    targetId,
    flatten: true,
  });
  await devTools.call('Page.enable', {}, sessionId);
  await devTools.call('Page.setLifecycleEventsEnabled', { enabled: true }, sessionId);
  if (login !== undefined) await logInWhenAsked(devTools, sessionId, login);
  return {
    async open(url) {
      const loaded = watchLoads(devTools);
      const { loaderId } = await devTools.call<{ loaderId: string }>('Page.navigate', { url }, sessionId);
      await loaded(loaderId);
    },
    async stop() {
      await stopPeer(child);
      await rm(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}

/** Watches for pages whose every object is loaded, from now on; what it returns waits for one of them. */
function watchLoads(devTools: DevTools): (loaderId: string) => Promise<void> {
  const loaded = new Set<string>();
  let hear = (): void => undefined;
  const forget = devTools.on('Page.lifecycleEvent', ({ name, loaderId = '' }) => {
    if (name !== 'load') return;
    loaded.add(loaderId);
    hear();
  });
  return (loaderId) =>
    new Promise((resolve) => {
      hear = () => {
        if (!loaded.has(loaderId)) return;
        forget();
        resolve();
      };
      hear();
    });
}

/**
 * Steered, Chromium shows no box but asks whoever steers it, who then sees the requests pass. That is done for documents
 * alone, which are asked first: what is in them goes its usual way.
 */
async function logInWhenAsked(
  devTools: DevTools,
  sessionId: string,
  login: NonNullable<ChromiumOptions['login']>,
): Promise<void> {
  const pass = (method: string, params: object): void => {
    // It may be gone by then, with its page.
    devTools.call(method, params, sessionId).catch(() => undefined);
  };
  devTools.on('Fetch.requestPaused', ({ requestId }) => pass('Fetch.continueRequest', { requestId }));
  devTools.on('Fetch.authRequired', ({ requestId }) =>
    pass('Fetch.continueWithAuth', {
      requestId,
      authChallengeResponse: { response: 'ProvideCredentials', ...login },
    }),
  );
  await devTools.call(
    'Fetch.enable',
    { handleAuthRequests: true, patterns: [{ urlPattern: '*', resourceType: 'Document' }] },
    sessionId,
  );
}
