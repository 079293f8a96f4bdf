/** A headless Chromium with a profile of its own and nothing to do but what it is told. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DevTools } from './devtools.mjs';
import { logPages } from './page-log.mjs';
import { addressOf } from './pages.mjs';
import { LOGIN } from './proxy.mjs';

const SWITCHES = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-extensions',
  '--ignore-certificate-errors',
  '--auth-server-allowlist=*',
  '--disable-auth-negotiate-cname-lookup',
  '--remote-debugging-pipe',
  // What it asks of its maker goes past the proxy, and nowhere: no name is known.
  '--proxy-bypass-list=*.google.com;*.googleapis.com;*.gstatic.com;*.gvt1.com',
];
/** It makes itself at home for a while after its start. */
const SETTLING_MS = 2_500;
const GONE_WITHIN_MS = 5_000;

const CHROMIUM = {
  name: 'chromium',
  command: 'chromium',
  /** @param launching.logsPages it has a log of its pages, see page-log.mjs @param launching.switches more of the command line's */
  async launch({ dir, proxy, auth, env, isCold, logsPages = false, switches = [] }) {
    const tab = { needsLogin: auth === 'basic', logsPages };
    const profile = await mkdtemp(join(dir, 'chromium-'));
    const names = `--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE ${hostOf(proxy)}`;
    const child = spawn(
      'chromium',
      [...SWITCHES, ...switches, names, wayOf(proxy), `--user-data-dir=${profile}`, 'about:blank'],
      {
        stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
        env: { ...process.env, ...env, HOME: profile, TMPDIR: profile },
      },
    );
    await once(child, 'spawn');
    const devTools = new DevTools(child);
    const pages = [await openTab(devTools, tab)];
    await sleep(SETTLING_MS);
    if (auth === 'negotiate' && !isCold) await loadKerberos(pages[0]);
    return {
      open: (url, withinMs) => navigate(pages.at(-1), url, withinMs),
      /** Of the tab that it starts with. */
      log: pages[0].log,
      async newTab() {
        pages.push(await openTab(devTools, tab));
      },
      closeTab: () => devTools.call('Target.closeTarget', { targetId: pages.pop().targetId }),
      async stop() {
        const gone = once(child, 'exit');
        child.kill('SIGTERM');
        const timer = setTimeout(() => child.kill('SIGKILL'), GONE_WITHIN_MS);
        await gone;
        clearTimeout(timer);
        await rm(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
      },
    };
  },
};

const hostOf = ({ server, pastTo }) => pastTo ?? server.split(':')[0];

function wayOf({ server, pac }) {
  if (pac !== undefined) return `--proxy-pac-url=${pac}`;
  return server === undefined ? '--no-proxy-server' : `--proxy-server=${server}`;
}

/**
 * The first Negotiate of its life makes Chromium load a library, start its network service again and fail the page; a row of
 * its own shows that, the others come after it.
 */
async function loadKerberos(page) {
  const url = addressOf({ scheme: 'https', host: 'warm.test' });
  for (let tries = 0; tries < 5; tries += 1) {
    const { came } = await navigate(page, url, 5_000);
    await sleep(SETTLING_MS);
    if (came === 'loaded') return;
  }
  throw new Error('Chromium never got a page with Negotiate.');
}

/** In the profile that Chromium starts with: in private ones it does less beforehand. */
async function openTab(devTools, { needsLogin, logsPages }) {
  const { targetId } = await devTools.call('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await devTools.call('Target.attachToTarget', { targetId, flatten: true });
  const page = {
    targetId,
    call: (method, params) => devTools.call(method, params, sessionId),
    on: (method, hear) => devTools.on(method, hear, sessionId),
  };
  await page.call('Page.enable');
  await page.call('Page.setLifecycleEventsEnabled', { enabled: true });
  if (logsPages) {
    await page.call('Network.enable');
    page.log = logPages(page);
  }
  if (needsLogin) await logInWhenAsked(page);
  return page;
}

/** Steered, Chromium shows no box but asks whoever steers it; that is done for documents alone, which are asked first. */
async function logInWhenAsked({ call, on }) {
  // It may be gone by then, with its page.
  const pass = (method, params) => call(method, params).catch(() => undefined);
  on('Fetch.requestPaused', ({ requestId }) => pass('Fetch.continueRequest', { requestId }));
  on('Fetch.authRequired', ({ requestId }) =>
    pass('Fetch.continueWithAuth', {
      requestId,
      authChallengeResponse: { response: 'ProvideCredentials', ...LOGIN },
    }),
  );
  const patterns = [{ urlPattern: '*', resourceType: 'Document' }];
  await call('Fetch.enable', { handleAuthRequests: true, patterns });
}

/**
 * @returns {Promise<{ms: number, came: string}>} `came`: `loaded`, an error's name, or `waiting` where time was up
 */
async function navigate(page, url, withinMs) {
  const begunAt = performance.now();
  const outcome = new Promise((resolve) => {
    const loads = new Set();
    let loaderId;
    const forget = page.on('Page.lifecycleEvent', (event) => {
      if (event.name === 'load') loads.add(event.loaderId);
      settle();
    });
    const settle = () => {
      if (!loads.has(loaderId)) return;
      forget();
      resolve('loaded');
    };
    page.call('Page.navigate', { url }).then(
      (answer) => {
        if (answer.errorText !== undefined) return resolve(answer.errorText.replace('net::', ''));
        loaderId = answer.loaderId;
        settle();
      },
      (error) => resolve(error.message),
    );
  });
  const came = await Promise.race([outcome, sleep(withinMs, 'waiting', { ref: false })]);
  return { ms: performance.now() - begunAt, came };
}

export default CHROMIUM;
