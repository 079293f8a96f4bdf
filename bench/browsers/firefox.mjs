/** A headless Firefox with a profile of its own, steered by Marionette, and nothing to do but what it is told. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LOGIN } from './proxy.mjs';

const SETTLING_MS = 2_500;
const STARTED_WITHIN_MS = 60_000;
const GONE_WITHIN_MS = 5_000;

/** As a person's, but for what it does of its own accord. Marionette's own settings would turn speculation off. */
const PREFERENCES = {
  'remote.prefs.recommended': false,
  'marionette.port': 0,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.page': 0,
  'browser.startup.homepage_override.mstone': 'ignore',
  'startup.homepage_welcome_url': 'about:blank',
  'browser.aboutwelcome.enabled': false,
  'browser.newtabpage.enabled': false,
  'browser.newtabpage.activity-stream.feeds.system.topsites': false,
  'browser.newtabpage.activity-stream.feeds.system.topstories': false,
  'browser.topsites.contile.enabled': false,
  'browser.region.update.enabled': false,
  'browser.region.network.url': '',
  'browser.search.update': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'browser.safebrowsing.downloads.enabled': false,
  'browser.safebrowsing.update.enabled': false,
  'browser.ml.enable': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'network.trr.mode': 5,
  'network.manage-offline-status': false,
  'app.update.enabled': false,
  'app.update.disabledForTesting': true,
  'app.normandy.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'datareporting.healthreport.uploadEnabled': false,
  'datareporting.usage.uploadEnabled': false,
  'toolkit.telemetry.enabled': false,
  'toolkit.telemetry.server': '',
  'extensions.update.enabled': false,
  'extensions.systemAddon.update.enabled': false,
  'extensions.getAddons.cache.enabled': false,
  'media.gmp-manager.updateEnabled': false,
  'services.settings.server': 'data:,#remote-settings-dummy/v1',
  'security.OCSP.enabled': 0,
  'security.remote_settings.crlite_filters.enabled': false,
  'security.certerrors.mitm.priming.enabled': false,
  'dom.push.connection.enabled': false,
  // The login of the proxy is stored, as below; nobody has to press a button for it.
  'signon.autologin.proxy': true,
};

/** One answer to each command: `12:[0,1,"name",{}]`. */
class Marionette {
  #socket;
  #waiting = new Map();
  #calls = 0;
  #rest = Buffer.alloc(0);

  constructor(socket) {
    this.#socket = socket;
    socket.on('data', (bytes) => this.#take(bytes));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      for (const answer of this.#waiting.values()) answer([1, 0, { message: 'Firefox has ended' }, null]);
    });
  }

  call(name, params = {}) {
    const id = ++this.#calls;
    const text = JSON.stringify([0, id, name, params]);
    this.#socket.write(`${Buffer.byteLength(text)}:${text}`);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ([, , error, result]) => {
        if (error === null) resolve(result);
        else reject(new Error(error.message));
      });
    });
  }

  #take(bytes) {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    for (;;) {
      const colon = this.#rest.indexOf(':');
      const end = colon + 1 + Number(this.#rest.subarray(0, Math.max(0, colon)).toString());
      if (colon < 0 || this.#rest.length < end) return;
      const message = JSON.parse(this.#rest.subarray(colon + 1, end).toString());
      this.#rest = this.#rest.subarray(end);
      // The first tells who is there.
      if (Array.isArray(message)) this.#waiting.get(message[1])?.(message);
    }
  }
}

const FIREFOX = {
  name: 'firefox',
  command: 'firefox-esr',
  async launch({ dir, proxy, auth, env }) {
    const profile = await mkdtemp(join(dir, 'firefox-'));
    const preferences = { ...PREFERENCES, ...proxyPreferences(proxy) };
    await writeFile(
      join(profile, 'user.js'),
      Object.entries(preferences)
        .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
        .join(''),
    );
    const flags = [
      '--headless',
      '--no-remote',
      '--marionette',
      '--remote-allow-system-access',
      '--profile',
      profile,
    ];
    const child = spawn('firefox-esr', [...flags, 'about:blank'], {
      stdio: 'ignore',
      // In a group of its own: its command is a script or a starter, and what it starts ends with it.
      detached: true,
      env: { ...process.env, ...env, HOME: profile, TMPDIR: profile, MOZ_REMOTE_SETTINGS_DEVTOOLS: '1' },
    });
    const marionette = await reach(profile, child);
    await marionette.call('WebDriver:NewSession', { acceptInsecureCerts: true, pageLoadStrategy: 'normal' });
    if (auth === 'basic') await storeLogin(marionette, proxy);
    await sleep(SETTLING_MS);
    return {
      open: (url, withinMs) => navigate(marionette, url, withinMs),
      async newTab() {
        const { handle } = await marionette.call('WebDriver:NewWindow', { type: 'tab' });
        await marionette.call('WebDriver:SwitchToWindow', { handle });
      },
      async closeTab() {
        const [handle] = await marionette.call('WebDriver:CloseWindow');
        await marionette.call('WebDriver:SwitchToWindow', { handle });
      },
      async stop() {
        const gone = once(child, 'exit');
        const end = (signal) => process.kill(-child.pid, signal);
        end('SIGTERM');
        const timer = setTimeout(() => end('SIGKILL'), GONE_WITHIN_MS);
        if (child.exitCode === null && child.signalCode === null) await gone;
        clearTimeout(timer);
        await rm(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
      },
    };
  },
};

function proxyPreferences({ server, pac }) {
  if (pac !== undefined) return { 'network.proxy.type': 2, 'network.proxy.autoconfig_url': pac };
  if (server === undefined) return { 'network.proxy.type': 0 };
  const [host, port] = server.split(':');
  const names = ['http', 'ssl'].flatMap((kind) => [
    [`network.proxy.${kind}`, host],
    [`network.proxy.${kind}_port`, Number(port)],
  ]);
  return { 'network.proxy.type': 1, ...Object.fromEntries(names) };
}

/** With port 0 it takes one and writes it down in its profile. */
async function reach(profile, child) {
  const until = Date.now() + STARTED_WITHIN_MS;
  while (Date.now() < until && child.exitCode === null) {
    const port = await readFile(join(profile, 'MarionetteActivePort'), 'utf8').catch(() => '');
    if (port !== '') {
      const socket = connect(Number(port), '127.0.0.1');
      await once(socket, 'connect');
      return new Marionette(socket);
    }
    await sleep(100);
  }
  throw new Error('Firefox did not start.');
}

/** As a person's who had the login stored. */
async function storeLogin(marionette, { server }) {
  await marionette.call('Marionette:SetContext', { value: 'chrome' });
  await marionette.call('WebDriver:ExecuteAsyncScript', {
    script: `const [origin, realm, name, password, done] = arguments;
      const login = Cc['@mozilla.org/login-manager/loginInfo;1'].createInstance(Ci.nsILoginInfo);
      login.init(origin, null, realm, name, password, '', '');
      Services.logins.addLoginAsync(login).then(() => done(true), (error) => done(String(error)));`,
    args: [`moz-proxy://${server}`, 'browsers', LOGIN.username, LOGIN.password],
  });
  await marionette.call('Marionette:SetContext', { value: 'content' });
}

/** @returns {Promise<{ms: number, came: string}>} `came`: `loaded`, an error's name, or `waiting` where time was up */
async function navigate(marionette, url, withinMs) {
  const begunAt = performance.now();
  const outcome = marionette.call('WebDriver:Navigate', { url }).then(
    () => 'loaded',
    ({ message }) => /e=(\w+)/.exec(message)?.[1] ?? message,
  );
  const came = await Promise.race([outcome, sleep(withinMs, 'waiting', { ref: false })]);
  return { ms: performance.now() - begunAt, came };
}

export default FIREFOX;
