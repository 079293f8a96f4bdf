import { uriHostOf } from '../scenario/host-names.ts';
import { redactPath } from '../scenario/secrets.ts';
import type { PacSource, Target } from '../scenario/types.ts';
import { type AskOptions, askScript } from './ask.ts';
import { readAnswer } from './read-answer.ts';
import { type ReadOptions, readScript } from './read-script.ts';
import type { PacChoice } from './types.ts';

export interface Chosen {
  /** What the script is called. */
  readonly name: string;
  /** Whether a run goes to all proxies that an answer names. */
  readonly spread: boolean;
  /** Whether it goes to each of them only where those before it are not reached. */
  readonly inOrder: boolean;
  /** One for each target. */
  readonly choices: readonly PacChoice[];
}

/**
 * The proxy that a script names for each target.
 * @throws UsageError
 * @throws EnvironmentError
 */
export async function chooseProxies(
  source: PacSource,
  targets: readonly Target[],
  options: ReadOptions & AskOptions,
): Promise<Chosen> {
  const { name, text } = await readScript(source.source, options);
  const urls = targets.map(askedUrl);
  const distinct = [...new Set(urls)];
  const answers = await askScript(name, text, distinct, options);
  const { spread, inOrder = false } = source;
  const choices = urls.map((url) =>
    readAnswer(name, redactPath(url), redactPath(answers[distinct.indexOf(url)] ?? ''), spread || inOrder),
  );
  return { name, spread, inOrder, choices };
}

/**
 * The URL that a browser would ask a script of: whole, but of https:// without the
 * path (Chromium and Firefox leave it out). CONNECT to a bare port is asked of as https://.
 */
export function askedUrl({ scheme, host, port, path }: Target): string {
  const name = uriHostOf(host);
  const isUsual = (scheme === 'http' && port === 80) || (scheme === 'https' && port === 443);
  const place = `${name}${isUsual ? '' : `:${port}`}`;
  return scheme === 'http' ? `http://${place}${path.replaceAll('{nonce}', '0')}` : `https://${place}/`;
}

/** Where the proxy comes from, for the plan. */
export function formatChoice(name: string, { url, passedOver }: PacChoice): string {
  return `${name} for ${url}${passedOver.length === 0 ? '' : ` (skipping ${passedOver.join(', ')})`}`;
}
