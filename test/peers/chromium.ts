import { setTimeout as sleep } from 'node:timers/promises';
import { type LaunchedChromium, launchChromium, type Page } from './launch-chromium.ts';

export interface ReaderOptions {
  /** `127.0.0.1:3128`; loopback goes through it as well. */
  readonly proxy: string;
  /** What a person would type into the box that Chromium shows for Basic. */
  readonly login?: { readonly username: string; readonly password: string };
}

/** One person's browser: connections, cookies and credentials are its own. */
export interface Reader {
  /** Opens a page; resolves once everything on it is loaded. */
  open(url: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Chromium makes itself at home for a while after its start, and under load was seen to open connections anew meanwhile.
 */
const SETTLING_MS = 4_000;

/** Nothing goes past the proxy. */
const LOOPBACK_TOO = '<-loopback>';

/** As a person's browser, but for what it does of its own accord. Names resolve to nothing: all it knows is the proxy. */
const SWITCHES = [
  '--disable-component-update',
  '--disable-sync',
  '--disable-extensions',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
  '--auth-server-allowlist=*',
  '--disable-auth-negotiate-cname-lookup',
];

/**
 * Real Chromiums. Readers share one, kept apart as private windows are, for a start takes two seconds of a processor. Not so
 * with Kerberos, of which private windows make less use: there each has one to itself.
 */
export class Chromium {
  readonly #kerberos: Readonly<Record<string, string>> | undefined;
  #shared: Promise<LaunchedChromium> | undefined;

  /** @param kerberos KRB5_CONFIG and KRB5CCNAME, where there are tickets */
  constructor(kerberos?: Readonly<Record<string, string>>) {
    this.#kerberos = kerberos;
  }

  async newReader({ proxy, login }: ReaderOptions): Promise<Reader> {
    const page = await (this.#kerberos === undefined ? this.#newShared(proxy) : this.#newOwn(proxy));
    await page.call('Page.enable');
    await page.call('Page.setLifecycleEventsEnabled', { enabled: true });
    if (login !== undefined) await logInWhenAsked(page, login);
    return {
      async open(url) {
        const loaded = watchLoads(page);
        const { loaderId } = await page.call<{ loaderId: string }>('Page.navigate', { url });
        await loaded(loaderId);
      },
      close: page.close,
    };
  }

  async stop(): Promise<void> {
    await (await this.#shared)?.stop();
  }

  async #newShared(proxyServer: string): Promise<Page> {
    this.#shared ??= launchChromium(SWITCHES).then((chromium) => sleep(SETTLING_MS, chromium));
    return (await this.#shared).newPage({ proxyServer, proxyBypassList: LOOPBACK_TOO });
  }

  async #newOwn(proxy: string): Promise<Page> {
    const own = [...SWITCHES, `--proxy-server=${proxy}`, `--proxy-bypass-list=${LOOPBACK_TOO}`];
    const chromium = await launchChromium(own, this.#kerberos);
    const page = await chromium.newPage('own');
    await sleep(SETTLING_MS);
    return { ...page, close: chromium.stop };
  }
}

/** Watches for pages whose every object is loaded, from now on; what it returns waits for one of them. */
function watchLoads(page: Page): (loaderId: string) => Promise<void> {
  const loaded = new Set<string>();
  let hear = (): void => undefined;
  const forget = page.on('Page.lifecycleEvent', ({ name, loaderId = '' }) => {
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
async function logInWhenAsked({ on, call }: Page, login: NonNullable<ReaderOptions['login']>): Promise<void> {
  const pass = (method: string, params: object): void => {
    // It may be gone by then, with its page.
    call(method, params).catch(() => undefined);
  };
  on('Fetch.requestPaused', ({ requestId }) => pass('Fetch.continueRequest', { requestId }));
  on('Fetch.authRequired', ({ requestId }) =>
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
