import type { DevTools } from './devtools.ts';
import { type LaunchedChromium, launchChromium } from './launch-chromium.ts';

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
  '--disable-component-update',
  '--disable-sync',
  '--disable-extensions',
  '--proxy-bypass-list=<-loopback>',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
  '--auth-server-allowlist=*',
  '--disable-auth-negotiate-cname-lookup',
];

/** A real Chromium behind a proxy. */
export async function startChromium({ proxy, login, env }: ChromiumOptions): Promise<Chromium> {
  const chromium = await launchChromium([...SWITCHES, `--proxy-server=${proxy}`], env);
  const { devTools, call, stop } = chromium;
  await call('Page.enable');
  await call('Page.setLifecycleEventsEnabled', { enabled: true });
  if (login !== undefined) await logInWhenAsked(chromium, login);
  return {
    async open(url) {
      const loaded = watchLoads(devTools);
      const { loaderId } = await call<{ loaderId: string }>('Page.navigate', { url });
      await loaded(loaderId);
    },
    stop,
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
  { devTools, call }: LaunchedChromium,
  login: NonNullable<ChromiumOptions['login']>,
): Promise<void> {
  const pass = (method: string, params: object): void => {
    // It may be gone by then, with its page.
    call(method, params).catch(() => undefined);
  };
  devTools.on('Fetch.requestPaused', ({ requestId }) => pass('Fetch.continueRequest', { requestId }));
  devTools.on('Fetch.authRequired', ({ requestId }) =>
    pass('Fetch.continueWithAuth', {
      requestId,
      authChallengeResponse: { response: 'ProvideCredentials', ...login },
    }),
  );
  await call('Fetch.enable', {
    handleAuthRequests: true,
    patterns: [{ urlPattern: '*', resourceType: 'Document' }],
  });
}
