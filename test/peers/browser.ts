import { type LaunchedChromium, launchChromium, type Page } from './launch-chromium.ts';

/** A page in a headless Chromium, and all that it complained of. */
export interface Browser {
  /** Resolves once the page and all on it are loaded. */
  open(url: string): Promise<void>;
  /** Runs a script in every page opened from now on, before anything of its own. */
  prepare(script: string): Promise<void>;
  /** Does something that leads to another page, and waits for that. */
  follow(expression: string): Promise<void>;
  /** The value of an expression of the page's, as JSON carries it. */
  read<Value>(expression: string): Promise<Value>;
  press(key: string): Promise<void>;
  setWidth(px: number): Promise<void>;
  readonly requested: readonly string[];
  /** Errors of the console, and what the policy of a page forbade. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

interface Complaint {
  readonly entry?: { readonly level: string; readonly text: string };
  readonly exceptionDetails?: { readonly text: string };
  readonly type?: string;
}

/** Chromium, and a page for whoever asks: nothing of one is in another. */
export class Browsers {
  #chromium: LaunchedChromium | undefined;

  async open(): Promise<Browser> {
    this.#chromium ??= await launchChromium();
    return steer(await this.#chromium.newPage());
  }

  async stop(): Promise<void> {
    await this.#chromium?.stop();
  }
}

async function steer({ call, on, close }: Page): Promise<Browser> {
  const requested: string[] = [];
  const complaints: string[] = [];
  on('Network.requestWillBeSent', ({ request }) => requested.push(request?.url ?? ''));
  for (const event of ['Log.entryAdded', 'Runtime.exceptionThrown', 'Runtime.consoleAPICalled']) {
    on(event, (params) => {
      const { entry, exceptionDetails, type } = params as Complaint;
      complaints.push(entry?.text ?? exceptionDetails?.text ?? `console.${type}`);
    });
  }
  for (const domain of ['Network', 'Page', 'Log', 'Runtime']) await call(`${domain}.enable`);

  const read = async <Value>(expression: string): Promise<Value> => {
    const { result, exceptionDetails } = await call<{
      result: { value: Value };
      exceptionDetails?: { text: string };
    }>('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true });
    if (exceptionDetails !== undefined) throw new Error(`${expression}: ${exceptionDetails.text}`);
    return result.value;
  };
  const leading = async (act: () => Promise<unknown>): Promise<void> => {
    const loaded = new Promise<void>((resolve) => {
      const forget = on('Page.loadEventFired', () => {
        forget();
        resolve();
      });
    });
    await act();
    await loaded;
  };
  return {
    ...{ requested, complaints, read },
    open: (url) => leading(() => call('Page.navigate', { url })),
    follow: (expression) => leading(() => call('Runtime.evaluate', { expression })),
    async prepare(source) {
      await call('Page.addScriptToEvaluateOnNewDocument', { source });
    },
    async press(key) {
      const code = key === ' ' ? { code: 'Space', text: ' ' } : {};
      await call('Input.dispatchKeyEvent', { type: 'keyDown', key, ...code });
      await call('Input.dispatchKeyEvent', { type: 'keyUp', key });
    },
    async setWidth(px) {
      await call('Emulation.setDeviceMetricsOverride', {
        ...{ width: px, height: 800, deviceScaleFactor: 1, mobile: true },
      });
    },
    close,
  };
}
