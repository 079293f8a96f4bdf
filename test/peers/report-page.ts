import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DevTools } from './devtools.ts';
import { stopPeer } from './peer.ts';

/** A file open in a headless Chromium. */
export interface ReportPage {
  /** The value of an expression of the page's, as JSON carries it. */
  read<Value>(expression: string): Promise<Value>;
  /** Presses and lets go of a key, by its DOM name. */
  press(key: string): Promise<void>;
  setWidth(px: number): Promise<void>;
  /** Every address that was asked for, the page's own first. */
  readonly requested: readonly string[];
  close(): Promise<void>;
}

/** Opens a file as a double click does, and waits until all of it is loaded. Steered over DevTools' pipe. */
export async function openReport(file: string): Promise<ReportPage> {
  const profile = await mkdtemp(join(tmpdir(), 'rushhour-chromium-'));
  const switches = ['--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run'];
  const child = spawn(
    'chromium',
    [...switches, '--disable-background-networking', '--remote-debugging-pipe', `--user-data-dir=${profile}`],
    {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
      // What it leaves in the place for passing files goes with its profile.
      env: { ...process.env, TMPDIR: profile },
    },
  );
  const requested: string[] = [];
  await once(child, 'spawn');
  const devTools = new DevTools(child);
  const call = devTools.call.bind(devTools);
  devTools.on('Network.requestWillBeSent', ({ request }) => requested.push(request?.url ?? ''));
  const isLoaded = new Promise<void>((resolve) => devTools.on('Page.loadEventFired', () => resolve()));
  const { targetId } = await call<{ targetId: string }>('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await call<{ sessionId: string }>('Target.attachToTarget', {
    targetId,
    flatten: true,
  });
  await call('Network.enable', {}, sessionId);
  await call('Page.enable', {}, sessionId);
  await call('Page.navigate', { url: pathToFileURL(file).href }, sessionId);
  await isLoaded;
  return {
    requested,
    async read<Value>(expression: string) {
      const { result, exceptionDetails } = await call<{
        result: { value: Value };
        exceptionDetails?: { text: string };
      }>('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true }, sessionId);
      if (exceptionDetails !== undefined) throw new Error(`${expression}: ${exceptionDetails.text}`);
      return result.value;
    },
    async press(key) {
      for (const type of ['keyDown', 'keyUp']) await call('Input.dispatchKeyEvent', { type, key }, sessionId);
    },
    async setWidth(px) {
      await call(
        'Emulation.setDeviceMetricsOverride',
        { width: px, height: 800, deviceScaleFactor: 1, mobile: true },
        sessionId,
      );
    },
    async close() {
      await stopPeer(child);
      await rm(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}
